/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * mmapdemo-fuzz: processes that do random things to a device, one at a time, and
 * a model of what must come of it.
 *
 * All is in one piece of memory that the processes share: the model, the
 * generator's state, and whose turn it is. The process that has the turn takes the
 * next step, does it, and compares; only when the step is another process's does the
 * turn, and with it the processor, change hands. Nothing happens beside, so that a seed
 * is all it takes to have the same again.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <linux/mmapdemo.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define WORKERS	      8	   /* 1 to that many; 0 is the driver, their parent */
#define CHUNK	      512  /* pages of a huge page, where pages have 4 KiB; else none fits */
#define DEVICE_PAGES  1600 /* at most: three huge pages and some */
#define START_PAGES   1056
#define ARENA_PAGES   1280 /* addresses of a process: two huge pages, and where it is crowded */
#define CROWD	      1024
#define COPIES	      1024 /* private pages in all processes */
#define DESCS	      12   /* file descriptions */
#define RULES	      64
#define ROUND	      10000 /* steps from one fresh state to the next */
#define PAGE_MOST     65536 /* bytes of a page, at most */
#define BURST_MOST    (3 * PAGE_MOST)

#define ARENA	      ((unsigned char *)(sizeof(long) == 4 ? 0x60000000 : 0x100000000000))
#define FD_BASE	      100 /* description n is file descriptor FD_BASE + n, in who has it */

enum prot { PROT_NOTHING, PROT_R, PROT_W, PROT_RW };
#define READABLE(prot) ((prot) != PROT_NOTHING)
#define WRITABLE(prot) ((prot)&PROT_W)

/* One page of a process's arena. */
struct page {
	uint32_t vma;  /* pages of one number, one after the other, are one VMA */
	uint16_t dev;  /* page of the device */
	uint16_t copy; /* private copy, or 0 */
	uint8_t mapped, shared, maywrite, prot, desc;
	uint8_t dontfork, huge; /* advice; it makes VMAs differ */
};

struct worker {
	pid_t pid; /* 0: there is none */
	_Atomic uint32_t go;
	uint32_t fds;	      /* bit n: has description n */
	uint32_t mapped;      /* pages */
	uint32_t most, least; /* VMAs it may have, as neighbours may be one or not */
	uint32_t exact;	      /* or just so many, of its maps file, */
	bool known;	      /* where that was read since */
	uint32_t place;	      /* where it last did something */
	struct page pages[ARENA_PAGES];
};

struct desc {
	uint32_t refs; /* of descriptors and mapped pages */
	uint8_t mode;  /* PROT_R, PROT_W, PROT_RW */
	uint64_t seen[4];
};

struct rule {
	uint8_t used, action, once;
	uint32_t fired;
};

enum events { KICK, LAST_CLOSE, RESIZED, WIPED };

struct device {
	uint32_t size; /* pages */
	uint32_t policy;
	uint64_t events[4];
	uint8_t filled[DEVICE_PAGES];  /* may be other than zero */
	uint8_t present[DEVICE_PAGES]; /* MAYBE, SURELY has memory */
	uint32_t least, most;	       /* pages of these */
	uint8_t rule[DEVICE_PAGES];    /* index, or 0 */
	uint32_t rule_parts;	       /* ranges of one rule */
	struct rule rules[RULES];
};
enum { MAYBE = 1, SURELY };

/* The device's abilities, by INFO's name of its strategy. */
struct caps {
	const char *strategy;
	bool reshapes; /* RESIZE and PUNCH */
	bool beyond;   /* may be mapped past its end, SIGBUS when touched; else EINVAL */
	bool grows;    /* by mremap; else EFAULT */
	bool private;  /* MAP_PRIVATE; else EINVAL */
	bool forgets;  /* MADV_DONTNEED leaves a mapping usable */
};

struct step {
	uint8_t op, worker;
	uint8_t prot, kind, how, desc;
	uint32_t at, byte, length, offset, to, more;
	uint64_t seed;
};

struct world {
	/* How it began */
	const char *path;
	struct caps caps;
	size_t page, huge; /* bytes; 0: there are no huge ones */
	size_t original;   /* the device's own size, to be put back */
	uint32_t start_pages, processes;
	uint32_t others; /* descriptions that the fuzzer did not open */
	bool named;	 /* the node is made for each round, and may be destroyed in it */
	bool destroyed;
	bool weather;	/* the kernel has references to pages, and processes that have ended */
	bool shrinking; /* a failure may have left counts wrong for good: from there, then */
	int32_t vmas;	/* counted, before anything is mapped */

	/* The turn */
	uint64_t random;
	bool generating;
	uint32_t next, count; /* steps of this round: to come, and in all */
	uint32_t done;	      /* that were not left out as impossible */
	_Atomic uint32_t ticks;
	uint32_t direct; /* step after the last with O_DIRECT, or 0 */
	uint32_t ending; /* worker that exits by itself, or 0 */
	struct {
		uint32_t from, at;
	} waker; /* whom to wake from a futex, and where */
	bool failed;
	char why[1024];

	uint32_t vma; /* last number given */
	uint32_t copies_used;
	uint16_t copy_refs[COPIES];
	uint16_t copy_hint;
	struct desc descs[DESCS];
	struct device device;
	struct worker workers[WORKERS + 1];
	struct step steps[ROUND];
	unsigned char bytes[]; /* of the device, then of the copies */
};

extern struct world *world;

/* Bytes that one step moves, at most */
static inline size_t burst(void)
{
	return 3 * world->page;
}
extern unsigned int me; /* which worker this process is */

/* fuzz.c */
void mismatch(const char *format, ...) __attribute__((format(printf, 1, 2)));
bool expect(const char *what, long wanted, long seen); /* negative: an errno */

/* device.c: the model of the device */
unsigned char *device_bytes(uint32_t page);
size_t device_size(void); /* bytes */
void device_reset(void);
void device_store(size_t offset, const void *from, size_t length);
void device_zero(size_t offset, size_t length);
void device_load(size_t offset, void *to, size_t length);
void device_present(uint32_t page);
void device_punch(uint32_t first, uint32_t end);
/* Folios that a hole cuts may keep their memory, zeroed, as somebody has a reference. */
void device_keep(uint32_t first, uint32_t end);
void device_wipe(void);
bool device_fires_once(uint32_t page); /* its rule strikes once, and has not yet */
int device_access(uint32_t page);      /* 0, EIO, EHWPOISON */
void device_set_rule(uint32_t first, uint32_t end, int action, bool once);
void device_event(enum events event);

/* pages.c: the model of what processes have mapped */
struct fault {
	int signo, code;
};
void pages_map(unsigned int w, uint32_t at, uint32_t count, const struct page *first);
void pages_unmap(unsigned int w, uint32_t at, uint32_t count);
void pages_move(unsigned int w, uint32_t from, uint32_t count, uint32_t to, bool keep);
void pages_forget(unsigned int w, uint32_t at, uint32_t count);
void pages_forget_all(uint32_t first_dev);
void pages_split(unsigned int w, uint32_t at, uint32_t count);
bool pages_one_vma(unsigned int w, uint32_t at, uint32_t count);
bool pages_any_mapped(unsigned int w, uint32_t at, uint32_t count);
void pages_fork(unsigned int from, unsigned int to);
void pages_end(unsigned int w);
void pages_count(unsigned int w);
uint32_t pages_of_all(void);
void pages_gone(uint32_t before); /* after a step: was it the last mapping that went? */
const unsigned char *page_shows(const struct page *page);
unsigned char *page_own(struct page *page);
struct fault page_access(unsigned int w, uint32_t at, bool store);
/* All of it can be had, without an access that is counted? */
bool pages_fit(unsigned int w, size_t byte, size_t length, bool store);
bool pages_have_room(uint32_t copies);
void desc_get(uint8_t desc, uint32_t refs);
void desc_put(uint8_t desc, uint32_t refs);

/* touch.c: accesses that may be signals */
void touch_init(void);
struct fault touch_load(const unsigned char *from, void *to, size_t length);
struct fault touch_store(unsigned char *to, const void *from, size_t length);

/* step.c: what steps there are, and their text */
struct operation {
	const char *name;
	int weight;			/* how often, out of all weights */
	bool (*run)(struct step *step); /* false: impossible as things are */
	const struct field *fields;
};
extern const struct operation operations[];
extern const size_t operation_count;
void step_print(const struct step *step, char *text, size_t size);
int step_parse(const char *text, struct step *step); /* 0, or -1 with a line on stderr */

/* generate.c */
void generate(struct step *step);

/* ops_*.c */
enum how { FIXED, POPULATE, NOREPLACE, HINT, ANYWHERE };
enum remap { IN_PLACE, TO, DONTUNMAP, DUPLICATE };
enum advice { DONTNEED, POP_READ, POP_WRITE, COLD, PAGEOUT, HUGE, NOHUGE, DONTFORK, DOFORK };
bool run_map(struct step *s);
bool run_unmap(struct step *s);
bool run_remap(struct step *s);
bool run_protect(struct step *s);
bool run_advise(struct step *s);
bool run_load(struct step *s);
bool run_store(struct step *s);
bool run_read(struct step *s);
bool run_write(struct step *s);
bool run_read_into(struct step *s);
bool run_write_from(struct step *s);
bool run_peek(struct step *s);
bool run_poke(struct step *s);
bool run_splice(struct step *s);
bool run_direct(struct step *s);
bool run_futex(struct step *s);
void futex_wake_other(void);
bool run_seek(struct step *s);
bool run_resize(struct step *s);
bool run_punch(struct step *s);
bool run_collapse(struct step *s);
bool run_fill(struct step *s);
bool run_sum(struct step *s);
bool run_wipe(struct step *s);
bool run_policy(struct step *s);
bool run_rule(struct step *s);
bool run_rules(struct step *s);
bool run_kick(struct step *s);
bool run_wait(struct step *s);
bool run_fork(struct step *s);
bool run_exit(struct step *s);
bool run_kill(struct step *s);
bool run_spawn(struct step *s);
bool run_open(struct step *s);
bool run_close(struct step *s);
bool run_destroy(struct step *s);
bool run_check(struct step *s);

/* check.c: the counts */
bool get_info(struct mmapdemo_info *info);
void check_counts(void);
void check_maps(unsigned int w);

/* driver.c */
#define NAMED "mmapdemo-fuzz" /* the node that world->named is about */
void world_make(const char *path, uint32_t processes);
int named_destroy(void); /* 0 or -errno */
bool round_run(void);	 /* whether it went well */
void round_end(void);
unsigned int worker_free(void);
void worker_run(unsigned int w); /* in the new process; does not return */
void pass_to(unsigned int w);
void await_go(void);
bool reap(unsigned int w);
void device_begin(void);
void device_restore(void);

/* shrink.c: to fewer steps that still fail; false: not even all of them do, once more */
bool shrink(unsigned int seconds);

/* chaos.c: all at once. Whether it went well. */
bool chaos(unsigned int processes, uint64_t seed, unsigned int seconds, uint64_t steps,
	   uint64_t *done);

#endif
