// SPDX-License-Identifier: GPL-2.0-only
#define _GNU_SOURCE
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "actor.h"
#include "support/proc.h"
#include "wire.h"

#define FIRST_OF_OURS 100 /* the lowest descriptor that no chapter shows */

const char *path;
size_t page, huge;

static int wire, device; /* the socket to the tour's process; the device, for its counts */
static int batons[2][2]; /* a pipe for each process, which reads from it to wait for its turn */
static int role;
static pid_t caller; /* the process that began the step; 0: none did */
static bool hidden;
static const char *question;
static bool forks; /* the call of the step */
static sigjmp_buf rescue;
static siginfo_t caught;

static struct tour_message message_of(enum tour_kind kind, const char *text)
{
	struct tour_message message = {.kind = kind};

	snprintf(message.text, sizeof(message.text), "%s", text);
	return message;
}

static void say(struct tour_message message)
{
	message.pid = getpid();
	message.role = role;
	if (send(wire, &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message))
		_exit(3);
}

static void say_and_wait(struct tour_message message)
{
	char answer;

	say(message);
	if (recv(wire, &answer, 1, 0) != 1)
		_exit(3);
}

/* The tour reads a step's results before the next step begins. */
static void end_step(void)
{
	if (caller != getpid())
		return;
	caller = 0;
	say_and_wait(message_of(SAYS_END, ""));
}

void tour_call(const char *statement)
{
	end_step();
	say_and_wait(message_of(SAYS_CALL, statement));
	if (question)
		say(message_of(SAYS_ASK, question));
	question = NULL;
	forks = strstr(statement, "fork()");
	caller = getpid();
}

/* The tour takes the picture of the step now. */
void tour_done(void)
{
	say_and_wait(message_of(SAYS_DONE, ""));
}

void ask(const char *text)
{
	question = text;
}

void because(const char *why)
{
	say(message_of(SAYS_WHY, why));
}

/* fork() returns in the child, too, but only the parent reports the call. */
static void wait_for_baton(void)
{
	char baton;

	if (read(batons[role][0], &baton, 1) != 1)
		_exit(3);
}

static void give_baton(void)
{
	if (write(batons[!role][1], "", 1) != 1)
		_exit(3);
}

/* The tour's process then ends all processes of the chapter. */
static void give_up(enum tour_kind kind, const char *why) __attribute__((noreturn));

static void give_up(enum tour_kind kind, const char *why)
{
	end_step();
	say(message_of(kind, why));
	_exit(0);
}

/* The second process of a chapter, at first. */
static void begin_waiting(void)
{
	caller = 0;
	role = 1;
	wait_for_baton();
}

void tour_returned(long value, const char *as)
{
	struct tour_message message = {.kind = SAYS_RESULT};
	int error = errno;

	if (caller && caller != getpid()) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != caller) /* the parent died before prctl() */
			_exit(3);
		begin_waiting();
		return;
	}
	message.number = forks ? value : 0;
	if (as)
		snprintf(message.text, sizeof(message.text), "%s", as);
	else if (value == -1)
		snprintf(message.text, sizeof(message.text), "-1 %s (%s)", strerrorname_np(error),
			 strerror(error));
	else if (value > 1 << 24)
		snprintf(message.text, sizeof(message.text), "%#lx", value);
	else
		snprintf(message.text, sizeof(message.text), "%ld", value);
	say(message);
	tour_done();
	if (value == -1 && !as) {
		expect(false, "the call works", "%s", message.text);
		give_up(SAYS_FAILED, "the rest of the chapter needs this call");
	}
}

void tour_refused(long value, int error, const char *name, const char *expected)
{
	int seen = value == -1 ? errno : 0;
	char text[128] = "";

	if (seen)
		snprintf(text, sizeof(text), "-1 %s (%s)", strerrorname_np(seen), strerror(seen));
	tour_returned(value, *text ? text : NULL);
	if (seen)
		expect(seen == error, expected, "%s", strerrorname_np(seen));
	else
		expect(false, expected, "it works, but %s is expected", name);
}

static void claim(enum tour_verdict verdict, const char *expected, const char *format, va_list ap)
{
	struct tour_message message = message_of(SAYS_CLAIM, expected);

	message.verdict = verdict;
	vsnprintf(message.seen, sizeof(message.seen), format, ap);
	say(message);
}

void expect(bool holds, const char *expected, const char *seen, ...)
{
	va_list ap;

	va_start(ap, seen);
	claim(holds ? HOLDS : DIFFERS, expected, seen, ap);
	va_end(ap);
}

static void unseen(const char *expected, const char *why, ...)
	__attribute__((format(printf, 2, 3)));

static void unseen(const char *expected, const char *why, ...)
{
	va_list ap;

	va_start(ap, why);
	claim(UNSEEN, expected, why, ap);
	va_end(ap);
}

void expect_text(const char *text, const char *wanted, const char *expected)
{
	expect(!memcmp(text, wanted, strlen(wanted) + 1), expected, "\"%.60s\"", text);
}

void expect_zeros(const char *text, size_t bytes, const char *expected)
{
	size_t i = 0;

	while (i < bytes && !text[i])
		i++;
	if (i == bytes)
		expect(true, expected, "%zu zeros", bytes);
	else
		expect(false, expected, "byte %zu is 0x%02x", i, (unsigned char)text[i]);
}

/* The page's entry, if it is present. */
static bool present_entry(const void *address, uint64_t *entry)
{
	return pagemap_entry("self", address, entry) && *entry & PAGEMAP_PRESENT;
}

uint64_t frame(const void *address)
{
	uint64_t entry;

	return present_entry(address, &entry) ? entry & PAGEMAP_FRAME : 0;
}

void expect_present(const void *address, bool present, const char *expected)
{
	uint64_t entry;
	bool is = present_entry(address, &entry);

	if (is && !hidden)
		expect(present, expected, "at %p there is frame 0x%jx", address,
		       (uintmax_t)(entry & PAGEMAP_FRAME));
	else
		expect(is == present, expected, "at %p there is %s", address,
		       is ? "a page" : "none");
}

static void expect_frames(uint64_t a, uint64_t b, bool same, const char *expected)
{
	if (hidden)
		unseen(expected, "frame numbers are hidden, because they need root");
	else if (a && a == b)
		expect(same, expected, "frame 0x%jx, and 0x%jx", (uintmax_t)a, (uintmax_t)b);
	else
		expect(a && b && !same, expected, "frames 0x%jx and 0x%jx", (uintmax_t)a,
		       (uintmax_t)b);
}

void expect_same(uint64_t a, uint64_t b, const char *expected)
{
	expect_frames(a, b, true, expected);
}

void expect_other(uint64_t a, uint64_t b, const char *expected)
{
	expect_frames(a, b, false, expected);
}

void expect_state(pid_t process, const void *address, enum tour_state state, const char *expected)
{
	struct tour_message message = message_of(SAYS_STATE, expected);

	message.number = state;
	message.range[0] = (uintptr_t)address;
	message.range[1] = process;
	say(message);
}

void expect_absent(const void *address, const char *expected)
{
	expect_state(getpid(), address, STATE_ABSENT, expected);
}

void expect_read_only(const void *address, const char *expected)
{
	expect_state(getpid(), address, STATE_READ_ONLY, expected);
}

void expect_writable(const void *address, const char *expected)
{
	expect_state(getpid(), address, STATE_WRITABLE, expected);
}

struct mmapdemo_info tour_info(void)
{
	struct mmapdemo_info info = {.size = sizeof(info)};

	ioctl(device, MMAPDEMO_IOCTL_INFO, &info);
	return info;
}

void expect_vmas(uint32_t count, const char *expected)
{
	uint32_t seen = tour_info().vmas;

	expect(seen == count, expected, "%u live VMA%s", seen, seen == 1 ? "" : "s");
}

void expect_events(const char *event, uint32_t count, const char *expected)
{
	struct tour_message message = message_of(SAYS_EVENTS, expected);

	message.number = count;
	snprintf(message.seen, sizeof(message.seen), "%s", event);
	say(message);
}

void tour_watch(const void *address, size_t bytes)
{
	struct tour_message message = message_of(SAYS_WATCH, "");

	message.range[0] = (uintptr_t)address;
	message.range[1] = (uintptr_t)address + bytes;
	say(message);
}

void tour_pass(void)
{
	end_step();
	give_baton();
	wait_for_baton();
}

void tour_leave(void)
{
	end_step();
	say(message_of(SAYS_LEFT, ""));
	_exit(0);
}

void tour_join(pid_t process)
{
	int status = 0;

	tour_call("waitpid(child, &status, 0);");
	give_baton();
	if (waitpid(process, &status, 0) != process || status)
		expect(false, "the other process ends well", "its status is %#x", status);
	else
		tour_returned(process, NULL);
}

void tour_stranger(void (*run)(void))
{
	pid_t between, narrator = getppid();

	between = fork();
	if (between < 0)
		give_up(SAYS_FAILED, strerror(errno));
	if (between) {
		waitpid(between, NULL, 0);
		return;
	}
	between = getpid();
	if (fork())
		_exit(0);
	/* The tour's process is the subreaper: it becomes the parent. */
	while (getppid() == between)
		usleep(1000);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != narrator)
		_exit(3);
	begin_waiting();
	run();
	end_step();
	say(message_of(SAYS_LEFT, ""));
	give_baton();
	_exit(0);
}

void tour_not_here(const char *why)
{
	give_up(SAYS_NOT_HERE, why);
}

static void take_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	caught = *info;
	siglongjmp(rescue, 1);
}

static const char *signal_name(int number, int code)
{
	if (number == SIGSEGV)
		return code == SEGV_MAPERR ? "SIGSEGV, SEGV_MAPERR: nothing is mapped there"
		       : code == SEGV_ACCERR
			       ? "SIGSEGV, SEGV_ACCERR: the mapping's rights do not allow it"
			       : "SIGSEGV";
	if (number == SIGBUS)
		return code == BUS_ADRERR ? "SIGBUS, BUS_ADRERR: no memory is behind the address"
		       : code == BUS_MCEERR_AR ? "SIGBUS, BUS_MCEERR_AR: broken memory"
					       : "SIGBUS";
	return "it works";
}

void tour_attempt(const char *statement, char *place, bool store, int signal, int code,
		  const char *expected)
{
	struct sigaction action = {.sa_sigaction = take_signal, .sa_flags = SA_SIGINFO}, segv, bus;
	const char *seen;

	tour_call(statement);
	sigaction(SIGSEGV, &action, &segv);
	sigaction(SIGBUS, &action, &bus);
	memset(&caught, 0, sizeof(caught));
	if (!sigsetjmp(rescue, 1)) {
		if (store)
			*(volatile char *)place = '!';
		else
			(void)*(volatile char *)place;
	}
	sigaction(SIGSEGV, &segv, NULL);
	sigaction(SIGBUS, &bus, NULL);
	tour_done();
	seen = signal_name(caught.si_signo, caught.si_code);
	expect(caught.si_signo == signal && (!signal || caught.si_code == code) &&
		       (!signal || (char *)caught.si_addr == place),
	       expected, "%s", seen);
}

/* Moves a descriptor up, so that the chapter's own get the numbers they have in any program. */
static int put_away(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, FIRST_OF_OURS);

	if (high < 0)
		_exit(3);
	return high;
}

void tour_act(const struct tour_chapter *chapter, int socket, int fd)
{
	char here = 1;

	wire = put_away(socket);
	device = put_away(fd);
	for (int i = 0; i < 2; i++) {
		int ends[2];

		if (pipe(ends))
			_exit(3);
		batons[i][0] = put_away(ends[0]);
		batons[i][1] = put_away(ends[1]);
	}
	close_range(3, FIRST_OF_OURS - 1, 0);
	hidden = !frame(&here);
	chapter->run();
	end_step();
	_exit(0);
}
