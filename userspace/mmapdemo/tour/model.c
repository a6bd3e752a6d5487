// SPDX-License-Identifier: GPL-2.0-only
#include "model.h"

enum tour_verdict tour_step_verdict(const struct tour_step *step)
{
	enum tour_verdict verdict = HOLDS;

	for (size_t i = 0; i < step->claim_count; i++) {
		if (step->claims[i].verdict == DIFFERS)
			return DIFFERS;
		if (step->claims[i].verdict == UNSEEN)
			verdict = UNSEEN;
	}
	return verdict;
}

const char *tour_verdict_word(enum tour_verdict verdict)
{
	static const char *const words[] = {
		[HOLDS] = "holds", [DIFFERS] = "DIFFERS", [UNSEEN] = "not seen"};

	return words[verdict];
}

const char *tour_role_of(const struct tour_part *part, int pid)
{
	for (size_t i = 0; i < part->count; i++)
		if (part->steps[i].pid == pid)
			return part->chapter->roles[part->steps[i].role];
	/* A child passes its first tracepoints before it has said anything. */
	return *part->chapter->roles[1] ? part->chapter->roles[1] : NULL;
}
