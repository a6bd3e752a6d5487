/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The code that the six lessons share: the target, numbered steps, and checks that
 * end the program with a one-line reason when reality differs. Include it first. It
 * is a header, so that `cc -o fork fork.c` builds a lesson.
 *
 * Exit status: 0 it holds, 1 reality differs, 2 the lesson could not be run.
 */
#ifndef LESSON_H
#define LESSON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#define _FILE_OFFSET_BITS 64
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *path = "/dev/mmapdemo"; /* the target that a lesson opens */

/* Bytes in a page: 4096 on x86, up to 65536 elsewhere. */
static size_t page;

static char lesson_counter[192]; /* the module's count of live VMAs, "" if none */
static long lesson_vmas;	 /* its value before the lesson */
static bool lesson_frames;	 /* are frame numbers shown to us? */
static pid_t lesson_pid;
static int lesson_file; /* a regular file, to be blanked at the end */
static void *lesson_blank;
static size_t lesson_bytes;
static sigjmp_buf lesson_rescue;
static siginfo_t lesson_signal;

/* Print a statement as it stands in the source, then run it: -1 ends the lesson. */
#define DO(...)                                                           \
	do {                                                              \
		step(#__VA_ARGS__ ";");                                   \
		if ((long)(__VA_ARGS__) == -1L)                           \
			stop(1, "%s: %s", #__VA_ARGS__, strerror(errno)); \
	} while (0)

/* The same for a call that must fail with this errno. */
#define REFUSED(error, claim, ...)                                                     \
	do {                                                                           \
		step(#__VA_ARGS__ ";");                                                \
		refused((long)(__VA_ARGS__) == -1L ? errno : 0, error, #error, claim); \
	} while (0)

/* Load from or store to a place; SEGV_MAPERR or SEGV_ACCERR expected, or WORKS. */
#define WORKS			  0
#define LOAD(place, code, claim)  attempt("c = " #place ";", &(place), false, code, claim)
#define STORE(place, code, claim) attempt(#place " = '!';", &(place), true, code, claim)

/* Show the current address, frame and text of a mapping. */
#define SHOW(mapping) show(#mapping, mapping)

static inline void stop(int status, const char *fmt, ...)
	__attribute__((noreturn, format(printf, 2, 3)));
static inline void expect(bool holds, const char *claim, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static inline void stop(int status, const char *fmt, ...)
{
	va_list ap;

	fflush(stdout);
	fprintf(stderr, "%s: ", program_invocation_short_name);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(status);
}

/* A process other than the first has its number before each line. */
static inline void indent(void)
{
	printf("     ");
	if (getpid() != lesson_pid)
		printf("[pid %d]  ", (int)getpid());
}

static inline void step(const char *statement)
{
	static int number;

	if (getpid() == lesson_pid)
		printf("%3d. %s\n", ++number, statement);
	else
		printf("     [pid %d]  %s\n", (int)getpid(), statement);
}

static inline void expect(bool holds, const char *claim, const char *fmt, ...)
{
	char detail[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(detail, sizeof(detail), fmt, ap);
	va_end(ap);
	if (!holds)
		stop(1, "not true: %s: %s", claim, detail);
	indent();
	printf("  ok: %s\n", claim);
}

/* pagemap leaves out mappings with VM_PFNMAP: "pf" among smaps' VmFlags. */
static inline bool lesson_is_left_out(const char *address)
{
	FILE *smaps = fopen("/proc/self/smaps", "re");
	unsigned long start, end;
	bool here = false, found = false;
	char line[512];

	while (smaps && fgets(line, sizeof(line), smaps)) {
		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			here = start <= (unsigned long)address && (unsigned long)address < end;
		else if (here && !strncmp(line, "VmFlags:", 8) && strstr(line, " pf "))
			found = true;
	}
	if (smaps)
		fclose(smaps);
	return found;
}

/* The physical frame behind an address, from bits 0-54 of its pagemap entry; 0: hidden. */
static inline uint64_t frame(const char *address)
{
	uint64_t entry = 0;
	int fd;

	(void)*(const volatile char *)address; /* an access, without which there may be no frame */
	fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return 0;
	if (pread(fd, &entry, 8, (uintptr_t)address / page * 8) != 8)
		entry = 0;
	close(fd);
	entry = entry >> 63 ? entry & ((1ULL << 55) - 1) : 0;
	if (!entry && lesson_frames && lesson_is_left_out(address))
		lesson_frames = false;
	if (!entry && lesson_frames)
		stop(1, "%p has no frame although it was just read", (const void *)address);
	return entry;
}

static inline void show(const char *name, const char *address)
{
	uint64_t number = frame(address);

	indent();
	printf("%-8s %p  frame ", name, (const void *)address);
	if (number)
		printf("0x%-8llx", (unsigned long long)number);
	else
		printf("hidden    ");
	printf("  \"%.40s\"\n", address);
}

static inline void expect_frames(uint64_t a, uint64_t b, bool same, const char *claim)
{
	if (!lesson_frames)
		return; /* lesson() has reported that; the contents are checked */
	expect((a == b) == same, claim, "expected %s, saw 0x%llx and 0x%llx",
	       same ? "one frame" : "two frames", (unsigned long long)a, (unsigned long long)b);
}

static inline void expect_same(uint64_t a, uint64_t b, const char *claim)
{
	expect_frames(a, b, true, claim);
}

static inline void expect_other(uint64_t a, uint64_t b, const char *claim)
{
	expect_frames(a, b, false, claim);
}

static inline void expect_text(const char *saw, const char *expected, const char *claim)
{
	if (strncmp(saw, expected, strlen(expected) + 1))
		stop(1, "not true: %s: expected \"%s\", saw \"%.40s\"", claim, expected, saw);
	indent();
	printf("  ok: %s: \"%s\"\n", claim, expected);
}

static inline void expect_zeros(const char *saw, size_t bytes, const char *claim)
{
	size_t i = 0;

	while (i < bytes && !saw[i])
		i++;
	expect(i == bytes, claim, "expected zeros, saw byte %zu is 0x%02x", i,
	       i < bytes ? (unsigned char)saw[i] : 0);
}

static inline void expect_count(long saw, long expected, const char *claim)
{
	expect(saw == expected, claim, "expected %ld, saw %ld", expected, saw);
}

/* The kernel's own list of the mappings within a range: prints them, returns how many. */
static inline long show_maps(const char *address, size_t bytes)
{
	unsigned long from = (unsigned long)address, start, end;
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[512], access[5], offset[17];
	long count = 0;
	int name;

	if (!maps)
		stop(2, "/proc/self/maps: %s: mount proc on /proc", strerror(errno));
	while (fgets(line, sizeof(line), maps)) {
		name = 0;
		if (sscanf(line, "%lx-%lx %4s %16s %*s %*s %n", &start, &end, access, offset,
			   &name) != 4)
			continue;
		if (start >= from + bytes || end <= from)
			continue;
		indent();
		printf("maps: %lx-%lx %s offset %s  %s\n", start, end, access, offset,
		       name && line[name] ? strtok(line + name, "\n") : "(no file)");
		count++;
	}
	fclose(maps);
	if (!count) {
		indent();
		printf("maps: nothing\n");
	}
	return count;
}

/* The module's count of live VMAs, of all processes; -1 where there is none. */
static inline long vmas(void)
{
	FILE *file = *lesson_counter ? fopen(lesson_counter, "re") : NULL;
	long count = -1;

	if (file && fscanf(file, "%ld", &count) != 1)
		count = -1;
	if (file)
		fclose(file);
	return count;
}

static inline void expect_vmas(long more, const char *claim)
{
	if (lesson_vmas < 0)
		return;
	indent();
	printf("live VMAs of the device: %ld\n", vmas());
	expect_count(vmas(), lesson_vmas + more, claim);
}

static inline void refused(int error, int expected, const char *name, const char *claim)
{
	const char *saw = error ? strerror(error) : "success";

	indent();
	printf("%s\n", saw);
	expect(error == expected, claim, "expected %s, saw %s", name, saw);
}

static inline void lesson_caught(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	lesson_signal = *info;
	siglongjmp(lesson_rescue, 1);
}

static inline const char *fault_name(const siginfo_t *info)
{
	if (!info->si_signo)
		return "no signal";
	if (info->si_signo != SIGSEGV)
		return strsignal(info->si_signo);
	if (info->si_code == SEGV_MAPERR)
		return "SIGSEGV, SEGV_MAPERR (nothing is mapped there)";
	if (info->si_code == SEGV_ACCERR)
		return "SIGSEGV, SEGV_ACCERR (the rights do not allow it)";
	return "SIGSEGV";
}

static inline void attempt(const char *statement, char *place, bool store, int code,
			   const char *claim)
{
	struct sigaction act = {.sa_sigaction = lesson_caught, .sa_flags = SA_SIGINFO};
	struct sigaction segv, bus;
	siginfo_t expected = {.si_signo = code ? SIGSEGV : 0, .si_code = code};

	step(statement);
	sigaction(SIGSEGV, &act, &segv);
	sigaction(SIGBUS, &act, &bus);
	memset(&lesson_signal, 0, sizeof(lesson_signal));
	if (!sigsetjmp(lesson_rescue, 1)) {
		if (store)
			*(volatile char *)place = '!';
		else
			(void)*(volatile char *)place;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	indent();
	printf("%s at %p\n", fault_name(&lesson_signal), (void *)place);
	if (code)
		expected.si_addr = place;
	expect(lesson_signal.si_signo == expected.si_signo &&
		       lesson_signal.si_code == expected.si_code &&
		       lesson_signal.si_addr == expected.si_addr,
	       claim, "expected %s, saw %s", fault_name(&expected), fault_name(&lesson_signal));
}

/* Wait for a child, which has printed its own reason if it failed. */
static inline void join(pid_t child)
{
	int status;

	if (waitpid(child, &status, 0) != child)
		stop(2, "waitpid: %s", strerror(errno));
	if (WIFSIGNALED(status))
		stop(1, "process %d died: %s", (int)child, strsignal(WTERMSIG(status)));
	if (WEXITSTATUS(status))
		exit(WEXITSTATUS(status));
}

static inline const char *advice(int error)
{
	if (error == EACCES || error == EPERM)
		return "run as root, or pass a file of your own or memfd:";
	if (!strncmp(path, "/dev/", 5))
		return "insmod mmapdemo.ko, or pass a file or memfd:";
	return "pass another file or memfd:";
}

/* Make a regular file blank again, so that the next lesson takes it. */
static inline void lesson_wipe(void)
{
	if (getpid() == lesson_pid && pwrite(lesson_file, lesson_blank, lesson_bytes, 0) < 0)
		fprintf(stderr, "%s: not blanked again: %s\n", path, strerror(errno));
}

/* Only a blank file may be written: a wrong path must not cost anyone their data. */
static inline void lesson_guard(int fd, size_t bytes)
{
	char *now = malloc(bytes);

	lesson_blank = calloc(1, bytes);
	if (!now || !lesson_blank)
		stop(2, "no memory for %zu bytes", bytes);
	if (pread(fd, now, bytes, 0) != (ssize_t)bytes || memcmp(now, lesson_blank, bytes))
		stop(2, "%s: has data, which would be lost: pass a blank one (truncate -s 1M F)",
		     path);
	free(now);
	lesson_file = fd;
	lesson_bytes = bytes;
	atexit(lesson_wipe);
}

static inline void lesson_open(size_t pages)
{
	struct stat st;
	const char *name = path;
	off_t size;
	int fd;

	if (!strcmp(path, "memfd:")) {
		static char self[32];

		fd = memfd_create("lesson", 0); /* a child must have it: no MFD_CLOEXEC */
		if (fd < 0 || ftruncate(fd, pages * page))
			stop(2, "memfd: %s", strerror(errno));
		snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
		path = self;
	}
	if (!stat(path, &st) && !S_ISCHR(st.st_mode) && !S_ISREG(st.st_mode))
		stop(2, "%s: only a character device or a regular file will do", path);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		stop(2, "%s: %s: %s", path, strerror(errno), advice(errno));
	size = lseek(fd, 0, SEEK_END);
	if (size < (off_t)(pages * page))
		stop(2, "%s: has %lld bytes, but %zu are needed (pages: %zu)", path,
		     (long long)(size < 0 ? 0 : size), pages * page, pages);
	if (S_ISREG(st.st_mode) && name == path)
		lesson_guard(fd, pages * page);
	else
		close(fd);
	printf("  target  %s%s%s, %lld bytes, pages of %zu\n", name, name == path ? "" : " as ",
	       name == path ? "" : path, (long long)size, page);
	if (S_ISCHR(st.st_mode))
		snprintf(lesson_counter, sizeof(lesson_counter),
			 "/sys/kernel/debug/mmapdemo/%.100s/vmas", basename(path));
}

/* Begin: check the arguments and the target's size, and say what can be observed. */
static inline void lesson(int argc, char **argv, size_t pages, const char *statement)
{
	if (argc > 2 || (argc == 2 && argv[1][0] == '-'))
		stop(2, "usage: %s [DEVICE | FILE | memfd:] (pages overwritten: the first %zu)",
		     argv[0], pages);
	if (argc == 2)
		path = argv[1];
	page = sysconf(_SC_PAGESIZE);
	lesson_pid = getpid();
	setvbuf(stdout, NULL, _IOLBF, 0); /* otherwise a fork would print a buffer twice */
	printf("%s: %s\n", program_invocation_short_name, statement);
	lesson_open(pages);
	lesson_frames = frame((char *)&pages);
	printf("  frames  %s\n", lesson_frames
					 ? "numbers from /proc/self/pagemap"
					 : "hidden (they need root): only contents are compared");
	lesson_vmas = vmas();
	if (lesson_vmas >= 0)
		printf("  VMAs    counted in %s: %ld\n", lesson_counter, lesson_vmas);
	else
		printf("  VMAs    not counted (no readable counter for this target)\n");
}

static inline int held(void)
{
	printf("%s: holds%s\n", program_invocation_short_name,
	       lesson_frames ? "" : ", as far as contents tell");
	return 0;
}

#endif
