// SPDX-License-Identifier: GPL-2.0-only
/*
 * A diagnosis for a program:
 *
 *	version	of the command		kernel, device, root	that were looked at
 *	fine, note, wrong, unknown	how many
 *	findings	check, state (fine, note, wrong, unknown), says;
 *			cure (a command) with root (it wants root); hint (what else to know)
 */
#include "check.h"
#include "common/json.h"

void doctor_json(const struct diagnosis *diagnosis)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();

	add_text(object, "version", MMAPDEMO_VERSION);
	add_text(object, "kernel", diagnosis->patient->release);
	add_text(object, "device", diagnosis->patient->device);
	add_text(object, "root", *diagnosis->patient->root ? diagnosis->patient->root : "/");
	for (int state = FINE; state < STATES; state++)
		add_number(object, state_word(state), diagnosis->of[state]);
	for (size_t i = 0; i < diagnosis->count; i++) {
		const struct entry *entry = &diagnosis->entries[i];
		struct json_object *finding = json_object_new_object();

		add_text(finding, "check", entry->check->name);
		add_text(finding, "state", state_word(entry->finding.state));
		add_text(finding, "says", entry->finding.says);
		if (*entry->finding.cure) {
			add_text(finding, "cure", entry->finding.cure);
			add_flag(finding, "root", entry->finding.wants_root);
		}
		if (*entry->finding.hint)
			add_text(finding, "hint", entry->finding.hint);
		json_object_array_add(list, finding);
	}
	json_object_object_add(object, "findings", list);
	show_pretty(object);
}
