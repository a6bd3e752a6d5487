// SPDX-License-Identifier: GPL-2.0-only
/*
 * A plugin of QEMU that counts stores to cache lines which several processors of the guest touch,
 * between markers that a program of the guest executes (userspace/mmapdemo/bench/meter.h).
 *
 *	-icount shift=1,sleep=off -plugin meter.so,out=FILE
 *
 * It is for QEMU's -icount, where one thread runs all processors in turns, so it has no locks.
 * Until METER_START it looks for that marker only, and costs next to nothing.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/meter.h"
#include "lines.h"
#include "qemu.h"
#include "symbols.h"

#define VCPUS		   64
#define STACK_SIZE	   16384
#define CALLS		   4
#define IS_KERNEL(address) ((address) >> 63)

/*
 * Accesses in these functions, and in all that they call, are not counted: the scheduler, the
 * interrupts of timer, scheduler and devices, and the work that interrupts leave for later, RCU's
 * callbacks for one. Accesses of an interrupt that another processor asked for, as to flush a TLB,
 * are counted. Not each kernel has all of them.
 */
static const char *const apart_names[] = {
	"__schedule",
	"try_to_wake_up",
	"sched_ttwu_pending",
	"asm_sysvec_apic_timer_interrupt",
	"asm_sysvec_reschedule_ipi",
	"asm_sysvec_irq_work",
	"asm_common_interrupt",
	"do_softirq",
	"irq_exit_rcu",
	"__irq_exit_rcu",
};
#define APARTS (sizeof(apart_names) / sizeof(*apart_names))

/* Without these, what is left out is not what the rule says. */
static const char *const needed_names[] = {
	"__schedule",
	"try_to_wake_up",
	"asm_sysvec_apic_timer_interrupt",
};

QEMU_EXPORT int qemu_plugin_version = QEMU_PLUGIN_VERSION;

static FILE *file;
static uint64_t apart_begins[APARTS];
static bool is_open;

struct call {
	uint64_t address, target;
};

/* An instruction that uses memory, and where the function begins that it is of. */
struct code {
	uint64_t address, function;
};

static struct processor {
	uint64_t base;		  /* of its variables, which its gs register points to */
	struct call calls[CALLS]; /* the last ones */
	unsigned int call_count;
	bool counts;
	uint64_t tables, thread; /* of the program that said so */
	bool is_apart;		 /* in one of the functions that are left out */
	uint64_t frame;		 /* the stack pointer where that function began */
} processors[VCPUS];
static unsigned int processor_count;
static unsigned int here; /* the one that runs */

static struct qemu_plugin_register *stack_pointer, *first_argument, *second_argument;
static struct qemu_plugin_register *gs_base, *kernel_gs_base, *fs_base, *cr3;

static void fail(const char *why)
{
	fprintf(stderr, "meter: %s\n", why);
	exit(1);
}

static uint64_t read_register(struct qemu_plugin_register *handle)
{
	static GByteArray *bytes;
	uint64_t value;

	if (!bytes)
		bytes = g_byte_array_new();
	g_byte_array_set_size(bytes, 0);
	if (qemu_plugin_read_register(handle, bytes) != sizeof(value))
		fail("a register cannot be read");
	memcpy(&value, bytes->data, sizeof(value));
	return value;
}

static void find_registers(void)
{
	static const struct {
		const char *name;
		struct qemu_plugin_register **handle;
	} wanted[] = {
		{"rsp", &stack_pointer}, {"rdi", &first_argument},	 {"rsi", &second_argument},
		{"gs_base", &gs_base},	 {"k_gs_base", &kernel_gs_base}, {"fs_base", &fs_base},
		{"cr3", &cr3},
	};
	GArray *array = qemu_plugin_get_registers();
	const qemu_plugin_reg_descriptor *list = (const void *)array->data;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++) {
		for (unsigned int j = 0; j < array->len; j++)
			if (!strcmp(list[j].name, wanted[i].name))
				*wanted[i].handle = list[j].handle;
		if (!*wanted[i].handle)
			fail("QEMU does not give the guest's registers");
	}
	g_array_free(array, 1);
}

/*
 * QEMU 10.0 gives callbacks the number of the processor for which the code was translated, which
 * may not be the one that executes it, where one thread runs all of them.
 */
static void find_processor(void)
{
	uint64_t base = read_register(gs_base);
	unsigned int i;

	if (!IS_KERNEL(base))
		base = read_register(kernel_gs_base);
	if (processors[here].base == base)
		return;
	for (i = 0; i < processor_count; i++)
		if (processors[i].base == base)
			break;
	if (i == VCPUS)
		fail("more processors than the guest has");
	if (i == processor_count)
		processors[processor_count++].base = base;
	here = i;
}

/* The text that a marker names. */
static GByteArray *read_text(void)
{
	GByteArray *text = g_byte_array_new();
	uint64_t address = read_register(first_argument), length = read_register(second_argument);

	if (!qemu_plugin_read_memory_vaddr(address, text, length))
		fail("a marker's text cannot be read");
	return text;
}

static void open_window(unsigned int vcpu, void *data)
{
	(void)vcpu, (void)data;
	lines_clear();
	for (size_t i = 0; i < processor_count; i++)
		processors[i].counts = processors[i].is_apart = false;
	is_open = true;
}

/* Without what says which user of the TLB it is. */
static uint64_t page_tables(void)
{
	return read_register(cr3) >> 12;
}

static void begin(unsigned int vcpu, void *data)
{
	struct processor *processor = &processors[here];

	(void)vcpu, (void)data;
	processor->counts = true;
	processor->tables = page_tables();
	processor->thread = read_register(fs_base);
}

static void end(unsigned int vcpu, void *data)
{
	(void)vcpu, (void)data;
	processors[here].counts = false;
}

static void close_window(unsigned int vcpu, void *data)
{
	GByteArray *run = read_text();

	(void)vcpu, (void)data;
	is_open = false;
	lines_write(file, (const char *)run->data, run->len);
	g_byte_array_free(run, 1);
}

/*
 * The call by which the function was entered, if that is one of the last few; or 0. So it is for
 * functions that take locks and count references, which call next to nothing themselves.
 */
static uint64_t caller_of(const struct processor *processor, uint64_t function)
{
	for (unsigned int i = 1; i <= CALLS; i++) {
		const struct call *call = &processor->calls[(processor->call_count - i) % CALLS];

		if (call->target == function)
			return call->address;
	}
	return 0;
}

static void touch(unsigned int vcpu, qemu_plugin_meminfo_t info, uint64_t address, void *data)
{
	const struct processor *processor = &processors[here];
	struct qemu_plugin_hwaddr *physical;
	const struct code *code = data;

	(void)vcpu;
	if (!is_open || !processor->counts || processor->is_apart)
		return;
	physical = qemu_plugin_get_hwaddr(info, address);
	if (!physical || qemu_plugin_hwaddr_is_io(physical))
		return;
	if (qemu_plugin_mem_is_store(info))
		lines_store(here, qemu_plugin_hwaddr_phys_addr(physical), address, code->address,
			    caller_of(processor, code->function));
	else
		lines_load(here, qemu_plugin_hwaddr_phys_addr(physical));
}

static void call(unsigned int vcpu, void *data)
{
	struct processor *processor = &processors[here];

	(void)vcpu;
	if (is_open)
		processor->calls[processor->call_count++ % CALLS] = *(const struct call *)data;
}

static void begin_apart(unsigned int vcpu, void *data)
{
	struct processor *processor = &processors[here];

	(void)vcpu, (void)data;
	if (!is_open || !processor->counts || processor->is_apart)
		return;
	processor->is_apart = true;
	processor->frame = read_register(stack_pointer);
}

/* A function has returned when code runs on the same stack above its frame, or in the program. */
static bool has_returned(const struct processor *processor, uint64_t address)
{
	uint64_t stack;

	if (!IS_KERNEL(address))
		return processor->tables == page_tables() &&
		       processor->thread == read_register(fs_base);
	stack = read_register(stack_pointer);
	return stack > processor->frame && stack / STACK_SIZE == processor->frame / STACK_SIZE;
}

/* Before each block of code, which one processor executes to its end. */
static void block(unsigned int vcpu, void *address)
{
	(void)vcpu;
	if (!is_open)
		return;
	find_processor();
	if (processors[here].is_apart && has_returned(&processors[here], (uint64_t)address))
		processors[here].is_apart = false;
}

/* For as long as the emulator runs, as the translated code is. */
static void *allocate(size_t size)
{
	void *memory = malloc(size);

	if (!memory)
		fail("no memory");
	return memory;
}

/* A call with a displacement of 32 bits: of others, the target is unknown. */
static void watch_call(struct qemu_plugin_insn *insn, uint64_t address, const uint8_t *bytes,
		       size_t length)
{
	struct call *watched;
	int32_t distance;

	if (length != 5 || bytes[0] != 0xe8)
		return;
	memcpy(&distance, bytes + 1, sizeof(distance));
	watched = allocate(sizeof(*watched));
	*watched = (struct call){address, address + length + distance};
	qemu_plugin_register_vcpu_insn_exec_cb(insn, call, QEMU_PLUGIN_CB_NO_REGS, watched);
}

static int marker_of(const uint8_t *bytes, size_t length)
{
	static const uint8_t prefix[] = {METER_PREFIX};

	if (length != METER_BYTES || memcmp(bytes, prefix, sizeof(prefix)))
		return 0;
	return bytes[sizeof(prefix)];
}

static void watch_marker(struct qemu_plugin_insn *insn, int marker)
{
	static const qemu_plugin_vcpu_udata_cb_t does[] = {
		[METER_OPEN] = open_window,
		[METER_BEGIN] = begin,
		[METER_END] = end,
		[METER_CLOSE] = close_window,
	};

	if (marker < (int)(sizeof(does) / sizeof(*does)) && does[marker])
		qemu_plugin_register_vcpu_insn_exec_cb(insn, does[marker], QEMU_PLUGIN_CB_R_REGS,
						       NULL);
}

static void watch(struct qemu_plugin_insn *insn)
{
	struct code *code = allocate(sizeof(*code));
	uint64_t address = qemu_plugin_insn_vaddr(insn);
	const struct symbol *function = IS_KERNEL(address) ? symbols_function(address) : NULL;
	uint8_t bytes[16] = {};
	size_t length = qemu_plugin_insn_data(insn, bytes, sizeof(bytes));

	watch_marker(insn, marker_of(bytes, length));
	if (function) {
		for (size_t i = 0; i < APARTS; i++)
			if (address == apart_begins[i])
				qemu_plugin_register_vcpu_insn_exec_cb(insn, begin_apart,
								       QEMU_PLUGIN_CB_R_REGS, NULL);
		watch_call(insn, address, bytes, length);
	}
	*code = (struct code){address, function ? function->address : 1};
	qemu_plugin_register_vcpu_mem_cb(insn, touch, QEMU_PLUGIN_CB_NO_REGS, QEMU_PLUGIN_MEM_RW,
					 code);
}

static void watch_block(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	qemu_plugin_register_vcpu_tb_exec_cb(tb, block, QEMU_PLUGIN_CB_R_REGS,
					     (void *)qemu_plugin_tb_vaddr(tb));
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++)
		watch(qemu_plugin_tb_get_insn(tb, i));
}

static void watch_all(qemu_plugin_id_t id)
{
	qemu_plugin_register_vcpu_tb_trans_cb(id, watch_block);
}

static qemu_plugin_id_t self;

static void start(unsigned int vcpu, void *data)
{
	GByteArray *text;

	(void)vcpu, (void)data;
	find_registers();
	text = read_text();
	if (!symbols_read((const char *)text->data, text->len))
		fail("METER_START: the text is no /proc/kallsyms");
	g_byte_array_free(text, 1);
	for (size_t i = 0; i < APARTS; i++)
		apart_begins[i] = symbols_begin(apart_names[i]);
	for (size_t i = 0; i < sizeof(needed_names) / sizeof(*needed_names); i++)
		if (!symbols_begin(needed_names[i]))
			fail("the guest's kernel lacks a function that is to be left out");
	/* what was translated until now is translated anew */
	qemu_plugin_reset(self, watch_all);
}

static void await_start(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	(void)id;
	for (size_t i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);
		uint8_t bytes[16];
		size_t length = qemu_plugin_insn_data(insn, bytes, sizeof(bytes));

		if (marker_of(bytes, length) == METER_START)
			qemu_plugin_register_vcpu_insn_exec_cb(insn, start, QEMU_PLUGIN_CB_R_REGS,
							       NULL);
	}
}

QEMU_EXPORT int qemu_plugin_install(qemu_plugin_id_t id, const qemu_info_t *info, int argc,
				    char **argv)
{
	if (argc != 1 || strncmp(argv[0], "out=", 4))
		fail("usage: -plugin meter.so,out=FILE");
	if (strcmp(info->target_name, "x86_64") || !info->system_emulation ||
	    info->system.max_vcpus > VCPUS)
		fail("a guest of amd64 with up to 64 processors is wanted");
	file = fopen(argv[0] + 4, "we");
	if (!file)
		fail(strerror(errno));
	self = id;
	lines_clear();
	qemu_plugin_register_vcpu_tb_trans_cb(id, await_start);
	return 0;
}
