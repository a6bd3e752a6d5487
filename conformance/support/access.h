/* SPDX-License-Identifier: GPL-2.0-only */
/* Tries a memory access and reports exactly how it ended. */
#ifndef ACCESS_H
#define ACCESS_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct access {
	int signo;	     /* 0: it worked */
	int code;	     /* si_code: SEGV_MAPERR, SEGV_ACCERR, BUS_ADRERR ... */
	const void *addr;    /* si_addr */
	int lsb;	     /* si_addr_lsb: of broken memory, its size as a power of 2 */
	unsigned long value; /* what was read, or what the code returned */
};

struct access try_read(const volatile void *addr);
/* One load of 32 bits, which is what most registers take. */
struct access try_read_word(const volatile uint32_t *addr);
struct access try_write(volatile void *addr, unsigned char value);

/*
 * Code for try_exec: a function that returns the value. Write it before it is mapped executable,
 * so that the kernel flushes the instruction cache.
 */
size_t code_returning(unsigned char value, unsigned char code[16]);
struct access try_exec(const void *code);

#define assert_works(access) access_expect_(access, 0, 0, NULL, __FILE__, __LINE__)
/* No mapping there; a mapping that forbids it; a mapping without memory behind. */
#define assert_unmapped(access, addr) \
	access_expect_(access, SIGSEGV, SEGV_MAPERR, addr, __FILE__, __LINE__)
#define assert_forbidden(access, addr) \
	access_expect_(access, SIGSEGV, SEGV_ACCERR, addr, __FILE__, __LINE__)
#define assert_bus_error(access, addr) \
	access_expect_(access, SIGBUS, BUS_ADRERR, addr, __FILE__, __LINE__)

/* A page that the hardware reported as broken. */
#define assert_broken(got, addr)                                                       \
	do {                                                                           \
		struct access got_ = (got);                                            \
                                                                                       \
		access_expect_(got_, SIGBUS, BUS_MCEERR_AR, addr, __FILE__, __LINE__); \
		ck_assert_int_eq(1 << got_.lsb, sysconf(_SC_PAGESIZE));                \
	} while (0)

void access_expect_(struct access access, int signo, int code, const volatile void *addr,
		    const char *file, int line);

/* The variants of a row by access: a load, and a store of zero. Both must work. */
struct touch_kind {
	const char *name;
	bool store;
};
extern const struct touch_kind touch_kinds[2];
void touch_page(const struct touch_kind *how, unsigned char *page);

#endif
