/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A row is one statement of the contract and the test that holds a target to
 * it. Rows register themselves through a linker section: there is no list.
 *
 *	ROW(S14, outlives_close, "a mapping outlives close of its descriptor")
 *	{
 *		...
 *	}
 *
 *	static const struct place places[] = { { "first-byte", ... }, ... };
 *
 *	ROW_EACH(S1, store_is_read_back, "...", places)
 *	{
 *		const struct place *place = &places[_i];
 *	}
 *
 * ROW_EACH runs the body once for each element of an array, whose type is, or
 * begins with, the variant's name as a const char *.
 *
 * A body that asserts nothing, neither itself nor by a helper, fails: see conform/runner.c.
 *
 * A body runs in a process of its own, under a timeout, on a target whose first
 * TEST_PAGES pages and last two hold the original pattern (target.h).
 */
#ifndef ROW_H
#define ROW_H

#include <check.h>
#include <stddef.h>

struct row {
	const char *id;
	const char *says;
	const void *variants;
	size_t variant_size;
	size_t variant_count; /* 0: the row has no variants */
	double timeout;	      /* seconds; 0: the default */
	TTest test;
};

#define ROW_REGISTER_(row_id, row_name, row_says, ...)                               \
	static void row_id##_##row_name(int _i);                                     \
	static const struct row row_id##_##row_name##_row = {                        \
		.id = #row_id,                                                       \
		.says = row_says,                                                    \
		.test = {#row_name, row_id##_##row_name, __FILE__, __LINE__},        \
		__VA_ARGS__};                                                        \
	static const struct row *const row_id##_##row_name##_entry                   \
		__attribute__((used, section("rows"))) = &row_id##_##row_name##_row; \
	static void row_id##_##row_name(int _i __attribute__((unused)))

/* More members of struct row may follow what the row says: .timeout = 60 */
#define ROW(row_id, row_name, row_says, ...) ROW_REGISTER_(row_id, row_name, row_says, __VA_ARGS__)

#define ROW_EACH(row_id, row_name, row_says, row_variants, ...)               \
	ROW_REGISTER_(row_id, row_name, row_says, .variants = (row_variants), \
		      .variant_size = sizeof((row_variants)[0]),              \
		      .variant_count = ARRAY_SIZE(row_variants), __VA_ARGS__)

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))

/* Outcomes besides pass and fail; neither returns. */

/* The statement does not concern this target, or cannot be tested here. */
#define row_not_applicable(...) row_end_(ROW_MARK_NOT_APPLICABLE, __VA_ARGS__)
/* The target does not support it at all, which is no wrong behaviour. */
#define row_unsupported(...) row_end_(ROW_MARK_UNSUPPORTED, __VA_ARGS__)

/*
 * A 32-bit program can use nearly 4 GiB on a 64-bit kernel. Its mmap2() counts a file's pages in
 * 32 bits, which excludes large offsets.
 */
#define row_needs_64_bits(what)                                                   \
	do {                                                                      \
		if (sizeof(long) == 4)                                            \
			row_not_applicable("a 32-bit program has no such " what); \
	} while (0)

/*
 * For helpers: report that the row's line that called a helper failed, or was reached. Check's
 * public macros name their own line, and Check has no public function with a place, so that these
 * two use the macros' internals.
 */
#define row_fail_at(file, line, what, ...) _ck_assert_failed(file, line, what, __VA_ARGS__)
#define row_mark_at(file, line)		   _mark_point(file, line)

/* How these outcomes travel through Check, which knows failure messages only. */
#define ROW_MARK_NOT_APPLICABLE "\001n/a\001"
#define ROW_MARK_UNSUPPORTED	"\001unsupported\001"
#define row_end_(mark, ...)	ck_abort_msg(mark __VA_ARGS__)

#endif
