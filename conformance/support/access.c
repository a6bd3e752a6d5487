// SPDX-License-Identifier: GPL-2.0-only
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "access.h"
#include "row.h"

static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP};

static sigjmp_buf before_access;
static struct access caught;

static void on_signal(int signo, siginfo_t *info, void *context)
{
	(void)context;
	caught.signo = signo;
	caught.code = info->si_code;
	caught.addr = info->si_addr;
	if (signo == SIGBUS && (info->si_code == BUS_MCEERR_AR || info->si_code == BUS_MCEERR_AO))
		caught.lsb = info->si_addr_lsb;
	siglongjmp(before_access, 1);
}

enum what { READ, READ_WORD, WRITE, EXECUTE };

static struct access try(enum what what, volatile void *addr, unsigned char value)
{
	struct sigaction handler = {.sa_sigaction = on_signal, .sa_flags = SA_SIGINFO};
	struct sigaction old[ARRAY_SIZE(signals)];

	/* Only for the access itself: any other crash is the test's failure. */
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &handler, &old[i]);

	memset(&caught, 0, sizeof(caught));
	if (!sigsetjmp(before_access, 1)) {
		switch (what) {
		case READ:
			caught.value = *(volatile unsigned char *)addr;
			break;
		case READ_WORD:
			caught.value = *(volatile uint32_t *)addr;
			break;
		case WRITE:
			*(volatile unsigned char *)addr = value;
			break;
		case EXECUTE:
			caught.value = ((unsigned int (*)(void))(uintptr_t)addr)();
			break;
		}
	}

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &old[i], NULL);
	return caught;
}

struct access try_read(const volatile void *addr)
{
	return try(READ, (volatile void *)addr, 0);
}

struct access try_read_word(const volatile uint32_t *addr)
{
	return try(READ_WORD, (volatile void *)addr, 0);
}

struct access try_write(volatile void *addr, unsigned char value)
{
	return try(WRITE, addr, value);
}

struct access try_exec(const void *code)
{
	return try(EXECUTE, (void *)code, 0);
}

size_t code_returning(unsigned char value, unsigned char code[16])
{
#if defined(__x86_64__) || defined(__i386__)
	const unsigned char text[] = {0xb8, value, 0, 0, 0, 0xc3}; /* mov $value,%eax; ret */

	memcpy(code, text, sizeof(text));
#elif defined(__aarch64__)
	const uint32_t text[] = {0x52800000 | value << 5, 0xd65f03c0}; /* mov w0,#value; ret */

	memcpy(code, text, sizeof(text));
#elif defined(__powerpc64__)
	const uint32_t text[] = {0x38600000 | value, 0x4e800020}; /* li r3,value; blr */

	memcpy(code, text, sizeof(text));
#else
	const char text[1];

	(void)code;
	row_not_applicable("no machine code for this architecture: add it to %s", __FILE__);
#endif
	return sizeof(text);
}

static const char *describe(int signo, int code, const volatile void *addr, char text[80])
{
	if (!signo)
		return "works";
	snprintf(text, 80, "%s, si_code %d, at %p", strsignal(signo), code, addr);
	return text;
}

void access_expect_(struct access access, int signo, int code, const volatile void *addr,
		    const char *file, int line)
{
	char seen[80], wanted[80];

	row_mark_at(file, line);
	if (access.signo == signo && access.code == code && access.addr == addr)
		return;
	row_fail_at(file, line, "access", "the access ends as: %s; expected: %s",
		    describe(access.signo, access.code, access.addr, seen),
		    describe(signo, code, addr, wanted));
}

const struct touch_kind touch_kinds[2] = {{"load", false}, {"store", true}};

void touch_page(const struct touch_kind *how, unsigned char *page)
{
	if (how->store)
		assert_works(try_write(page, 0));
	else
		assert_works(try_read(page));
}
