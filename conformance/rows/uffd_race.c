// SPDX-License-Identifier: GPL-2.0-only
/* M19: operations beside write-protection by userfaultfd. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

#include "support/access.h"
#include "support/memory.h"
#include "support/row.h"
#include "support/target.h"
#include "support/uffd.h"

#define MAPPED 8 /* pages of the chunk */
#define SERVED 2 /* of these */
#define OTHER  5
#define STORED 1

struct kernel_store {
	int fd;
	off_t from;
	unsigned char *to;
	ssize_t got;
};

static void *read_to_page(void *argument)
{
	struct kernel_store *store = argument;

	store->got = pread(store->fd, store->to, pages(1), store->from);
	return NULL;
}

ROW_EACH(M19, protect_read, "a read() into a protected page waits, and keeps no page from going",
	 folios)
{
	int fd = open_uffd(UFFD_PROTECTS);
	off_t off = memory_chunk(&folios[_i], STORED);
	unsigned char *map = memory_map(off, MAP_SHARED), *page = map + pages(SERVED);
	struct kernel_store store = {target_open(O_RDWR), off + pages(OTHER), page, 0};
	pthread_t thread;

	assert_memory(map, memory_chunk_size(), off, STORED);
	register_range(fd, map, memory_chunk_size(), UFFDIO_REGISTER_MODE_WP);
	protect(fd, page, pages(1), true);
	ck_assert_int_eq(pthread_create(&thread, NULL, read_to_page, &store), 0);
	ck_assert_uint_ne(await_fault(fd, page) & UFFD_PAGEFAULT_FLAG_WP, 0);
	assert_memory(page, pages(1), off + pages(SERVED), STORED);
	assert_done(memory_free(off + pages(OTHER), pages(1)));
	assert_done(memory_resize(off + pages(OTHER + 1)));
	assert_done(memory_resize(target.size));
	protect(fd, page, pages(1), false);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	ck_assert_int_eq(store.got, pages(1));
	/* The reader may have taken the page before it was freed. */
	if (page[0])
		assert_memory(page, pages(1), off + pages(OTHER), STORED);
	else
		assert_zero(page, pages(1));
}

/* The operations beside the monitor, until it is done. */
struct racer {
	off_t off;
	unsigned char *map;
	bool resizes;
	bool done;
	unsigned long stores;
};

static void *store_everywhere(void *argument)
{
	struct racer *racer = argument;

	for (unsigned int i = 0; !__atomic_load_n(&racer->done, __ATOMIC_RELAXED); i++)
		racer->stores += !try_write(racer->map + pages(i % MAPPED), 1 + i % 255).signo;
	return NULL;
}

static void *take_pages(void *argument)
{
	struct racer *racer = argument;
	bool failed = false;

	while (!failed && !__atomic_load_n(&racer->done, __ATOMIC_RELAXED)) {
		failed |= in_the_end(memory_free(racer->off, pages(MAPPED / 2)));
		if (racer->resizes) {
			failed |= in_the_end(memory_resize(racer->off + pages(SERVED)));
			failed |= in_the_end(memory_resize(target.size));
		}
	}
	return failed ? argument : NULL;
}

static const struct race_kind {
	const char *name;
	const struct folios *folios;
	bool resizes;
} race_kinds[] = {
	{"punch-huge", &folios[0], false},
	{"punch-small", &folios[1], false},
	{"resize-huge", &folios[0], true},
	{"resize-small", &folios[1], true},
};

/* The byte at the beginning of a page; 0 past the end, too. */
static unsigned char byte_of(int fd, off_t off)
{
	unsigned char byte = 0;

	ck_assert_int_ge(pread(fd, &byte, 1, off), 0);
	return byte;
}

/*
 * tmpfs lets a store through now and then: a page fault maps the page between the two
 * unmappings of a punch, and the second one, of truncate_cleanup_folio(), takes off the
 * protection as well.
 *
 * Huge folios are mapped by page tables here. Where a huge entry is removed in the middle of
 * UFFDIO_WRITEPROTECT, mm/ protects nothing, and reports success: change_pmd_range()
 * (mm/mprotect.c) makes no page table while there is a huge entry, and passes over an entry that is
 * empty then.
 */
ROW_EACH(M19, protect_race, "no store gets past write-protection while pages are freed beside it",
	 race_kinds, .timeout = 60)
{
	const struct race_kind *kind = &race_kinds[_i];
	int fd = open_uffd(UFFD_PROTECTS), file = target_open(O_RDWR);
	off_t off = memory_chunk(kind->folios, STORED);
	struct racer racer = {.off = off, .resizes = kind->resizes};
	time_t end = time(NULL) + 4;
	pthread_t storer, taker;
	void *failed;

	if (!target.module)
		row_not_applicable("tmpfs may forget write-protection when a page goes");
	racer.map = memory_map(off, MAP_SHARED);
	register_range(fd, racer.map, memory_chunk_size(), UFFDIO_REGISTER_MODE_WP);
	/* This makes a page table: see above. */
	protect(fd, racer.map, memory_chunk_size(), true);
	protect(fd, racer.map, memory_chunk_size(), false);
	ck_assert_int_eq(pthread_create(&storer, NULL, store_everywhere, &racer), 0);
	ck_assert_int_eq(pthread_create(&taker, NULL, take_pages, &racer), 0);
	/* On a busy machine the thread that stores may not have begun by then. */
	for (unsigned int i = 0;
	     time(NULL) < end || !__atomic_load_n(&racer.stores, __ATOMIC_RELAXED); i++) {
		unsigned char *page = racer.map + pages(i % MAPPED), before, after;

		protect(fd, page, pages(1), true);
		before = byte_of(file, off + pages(i % MAPPED));
		usleep(200);
		after = byte_of(file, off + pages(i % MAPPED));
		ck_assert_msg(after == before || !after, "%#x became %#x while it was protected",
			      before, after);
		protect(fd, page, pages(1), false);
	}
	__atomic_store_n(&racer.done, true, __ATOMIC_RELAXED);
	/*
	 * A page that goes while a store to it is stopped leaves the store waiting, as for a
	 * missing page: userfaultfd_must_wait() (mm/userfaultfd.c) takes the empty entry for
	 * one. The next protect() wakes it; after the last one, the end of the descriptor does.
	 */
	close(fd);
	ck_assert_int_eq(pthread_join(storer, NULL), 0);
	ck_assert_int_eq(pthread_join(taker, &failed), 0);
	ck_assert_ptr_null(failed);
	ck_assert_uint_gt(racer.stores, 0);
}
