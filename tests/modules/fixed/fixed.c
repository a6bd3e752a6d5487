// SPDX-License-Identifier: GPL-2.0-only
/*
 * For tests of mmapdemo's strategies with fixed memory, on x86: makes functions of the kernel
 * fail for mmapdemo, kills its task, counts its blocks of DMA memory, and shows the cache type of
 * memory in page tables.
 *
 * The parameters alloc, frames, remap, set and restore say which calls fail: "FIRST LAST", where
 * 0 is none. The parameter kill says before which calls of alloc the task gets SIGKILL. Writing
 * one starts to count from 1, and reading it also shows how many calls there were. The parameter
 * error is the errno with which frames and set fail.
 */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/fs.h>
#include <linux/kprobes.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/sched/signal.h>
#include <linux/string.h>

/* The probes */

struct fixed_failure {
	unsigned int first; /* 0: never */
	unsigned int last;
	unsigned int calls;
};

static struct fixed_failure fixed_alloc, fixed_kill, fixed_frames, fixed_remap;
static struct fixed_failure fixed_set, fixed_restore;
static int fixed_error = ENOMEM;
static atomic_t fixed_blocks;

static noinline void *fixed_no_memory(void)
{
	return NULL;
}

static noinline int fixed_enomem(void)
{
	return -ENOMEM;
}

static noinline int fixed_fails(void)
{
	return -fixed_error;
}

static bool fixed_is_due(struct fixed_failure *failure)
{
	failure->calls++;
	return failure->calls >= failure->first && failure->calls <= failure->last;
}

static int fixed_call(struct fixed_failure *failure, struct pt_regs *regs, void *instead)
{
	if (!fixed_is_due(failure))
		return 0;
	instruction_pointer_set(regs, (unsigned long)instead);
	return 1;
}

static bool fixed_is_ours(struct pt_regs *regs)
{
	const struct device *dev = (void *)regs_get_kernel_argument(regs, 0);

	return strstarts(dev_name(dev), "mmapdemo");
}

static int fixed_before_alloc(struct kprobe *probe, struct pt_regs *regs)
{
	if (!fixed_is_ours(regs))
		return 0;
	if (fixed_is_due(&fixed_kill))
		send_sig(SIGKILL, current, 1);
	return fixed_call(&fixed_alloc, regs, fixed_no_memory);
}

static int fixed_before_frames(struct kprobe *probe, struct pt_regs *regs)
{
	return fixed_is_ours(regs) ? fixed_call(&fixed_frames, regs, fixed_fails) : 0;
}

static int fixed_before_remap(struct kprobe *probe, struct pt_regs *regs)
{
	const struct vm_area_struct *vma = (void *)regs_get_kernel_argument(regs, 0);
	const struct file *file = vma->vm_file;

	if (!file || !file->f_op->owner || strcmp(file->f_op->owner->name, "mmapdemo"))
		return 0;
	return fixed_call(&fixed_remap, regs, fixed_enomem);
}

static int fixed_before_set(struct kprobe *probe, struct pt_regs *regs)
{
	return fixed_call(&fixed_set, regs, fixed_fails);
}

static int fixed_before_restore(struct kprobe *probe, struct pt_regs *regs)
{
	return fixed_call(&fixed_restore, regs, fixed_enomem);
}

static int fixed_before_free(struct kprobe *probe, struct pt_regs *regs)
{
	if (fixed_is_ours(regs))
		atomic_dec(&fixed_blocks);
	return 0;
}

/* Only a probe that has one may go on elsewhere: Documentation/trace/kprobes.rst */
static void fixed_after(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

#define FIXED_PROBE(symbol, before)	\
	{ .symbol_name = (symbol), .pre_handler = (before), .post_handler = fixed_after }

static struct kprobe fixed_probe_list[] = {
	FIXED_PROBE("dma_alloc_attrs", fixed_before_alloc),
	FIXED_PROBE("dma_get_sgtable_attrs", fixed_before_frames),
	FIXED_PROBE("dma_free_attrs", fixed_before_free),
	FIXED_PROBE("remap_pfn_range", fixed_before_remap),
	FIXED_PROBE("set_memory_uc", fixed_before_set),
	FIXED_PROBE("set_memory_wb", fixed_before_restore),
};

static struct kprobe *fixed_probes[ARRAY_SIZE(fixed_probe_list)];

static int fixed_enters_alloc(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	return !fixed_is_ours(regs);
}

static int fixed_leaves_alloc(struct kretprobe_instance *instance, struct pt_regs *regs)
{
	if (regs_return_value(regs))
		atomic_inc(&fixed_blocks);
	return 0;
}

/* dma_alloc_attrs() calls it: a function must not have probes with and without post_handler. */
static struct kretprobe fixed_alloc_probe = {
	.kp.symbol_name	= "dma_direct_alloc",
	.entry_handler	= fixed_enters_alloc,
	.handler	= fixed_leaves_alloc,
};

/* Parameters */

static int fixed_set_failure(const char *val, const struct kernel_param *kp)
{
	struct fixed_failure *failure = kp->arg;

	failure->calls = 0;
	return sscanf(val, "%u %u", &failure->first, &failure->last) == 2 ? 0 : -EINVAL;
}

static int fixed_get_failure(char *buf, const struct kernel_param *kp)
{
	const struct fixed_failure *failure = kp->arg;

	return sysfs_emit(buf, "%u %u %u\n", failure->first, failure->last, failure->calls);
}

static const struct kernel_param_ops fixed_failure_ops = {
	.set	= fixed_set_failure,
	.get	= fixed_get_failure,
};

module_param_cb(alloc, &fixed_failure_ops, &fixed_alloc, 0600);
MODULE_PARM_DESC(alloc, "which dma_alloc_coherent() fails");
module_param_cb(kill, &fixed_failure_ops, &fixed_kill, 0600);
MODULE_PARM_DESC(kill, "before which dma_alloc_coherent() its task is killed");
module_param_cb(frames, &fixed_failure_ops, &fixed_frames, 0600);
MODULE_PARM_DESC(frames, "which dma_get_sgtable() fails");
module_param_cb(remap, &fixed_failure_ops, &fixed_remap, 0600);
MODULE_PARM_DESC(remap, "which remap_pfn_range() fails");
module_param_cb(set, &fixed_failure_ops, &fixed_set, 0600);
MODULE_PARM_DESC(set, "which set_memory_uc() fails");
module_param_cb(restore, &fixed_failure_ops, &fixed_restore, 0600);
MODULE_PARM_DESC(restore, "which set_memory_wb() fails");
module_param_named(error, fixed_error, int, 0600);
MODULE_PARM_DESC(error, "errno of dma_get_sgtable() and set_memory_uc() that fail");

static int fixed_get_blocks(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read(&fixed_blocks));
}

static const struct kernel_param_ops fixed_blocks_ops = {
	.get	= fixed_get_blocks,
};

module_param_cb(blocks, &fixed_blocks_ops, NULL, 0400);
MODULE_PARM_DESC(blocks, "blocks of DMA memory that mmapdemo has");

/* The cache type of memory: a word, or "mixed". */

static const char *fixed_user;
static unsigned long fixed_first, fixed_last; /* frames */

static const char *fixed_cache_of(unsigned long entry)
{
	entry &= _PAGE_CACHE_MASK;
	if (!entry)
		return "wb";
	/* Without PAT, both are the same bits. */
	if (entry == pgprot_val(pgprot_noncached(__pgprot(0))))
		return "uc";
	return entry == pgprot_val(pgprot_writecombine(__pgprot(0))) ? "wc" : "other";
}

static const char *fixed_both(const char *one, const char *other)
{
	return !one || !strcmp(one, other) ? other : "mixed";
}

static pte_t *fixed_user_entry(unsigned long addr)
{
	pgd_t *pgd = pgd_offset(current->mm, addr);
	p4d_t *p4d;
	pud_t *pud;
	pmd_t *pmd;

	if (pgd_none(*pgd))
		return NULL;
	p4d = p4d_offset(pgd, addr);
	if (p4d_none(*p4d))
		return NULL;
	pud = pud_offset(p4d, addr);
	if (pud_none(*pud))
		return NULL;
	pmd = pmd_offset(pud, addr);
	return pmd_none(*pmd) || pmd_leaf(*pmd) ? NULL : pte_offset_kernel(pmd, addr);
}

/* The page tables of the program are its own: it has one thread, which writes this. */
static int fixed_look_at(unsigned long addr)
{
	pte_t *entry = fixed_user_entry(addr);

	if (!entry || !pte_present(*entry))
		return -EFAULT;
	fixed_user = fixed_both(fixed_user, fixed_cache_of(pte_val(*entry)));
	fixed_first = min(fixed_first, pte_pfn(*entry));
	fixed_last = max(fixed_last, pte_pfn(*entry));
	return 0;
}

static int fixed_look(const char *val, const struct kernel_param *kp)
{
	unsigned long addr, end;
	int err = 0;

	if (sscanf(val, "%lx %lx", &addr, &end) != 2)
		return -EINVAL;
	fixed_user = NULL;
	fixed_first = ULONG_MAX;
	fixed_last = 0;
	mmap_read_lock(current->mm);
	for (; addr < end && !err; addr += PAGE_SIZE)
		err = fixed_look_at(addr);
	mmap_read_unlock(current->mm);
	return err;
}

/* The type in the kernel's mapping of all memory, where an entry may map more than the frame. */
static const char *fixed_kernel(void)
{
	const char *cache = NULL;
	unsigned long frame;
	unsigned int level;

	for (frame = fixed_first; frame <= fixed_last; frame++) {
		unsigned long at = (unsigned long)pfn_to_kaddr(frame);
		pte_t *entry = lookup_address(at, &level);
		unsigned long bits = entry ? pte_val(*entry) : 0;

		if (level != PG_LEVEL_4K)
			bits = protval_large_2_4k(bits);
		cache = fixed_both(cache, entry ? fixed_cache_of(bits) : "none");
	}
	return cache ?: "none";
}

static int fixed_seen(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "program %s kernel %s frames %lu\n", fixed_user ?: "none",
			  fixed_kernel(), fixed_last - fixed_first + 1);
}

static const struct kernel_param_ops fixed_look_ops = {
	.set	= fixed_look,
	.get	= fixed_seen,
};

module_param_cb(look, &fixed_look_ops, NULL, 0600);
MODULE_PARM_DESC(look, "two hexadecimal addresses of the program that writes them; read: how what is between is cached");

static int __init fixed_init(void)
{
	int err = register_kretprobe(&fixed_alloc_probe);
	size_t i;

	for (i = 0; i < ARRAY_SIZE(fixed_probe_list); i++)
		fixed_probes[i] = &fixed_probe_list[i];
	if (err)
		return err;
	err = register_kprobes(fixed_probes, ARRAY_SIZE(fixed_probes));
	if (err)
		unregister_kretprobe(&fixed_alloc_probe);
	return err;
}

static void __exit fixed_exit(void)
{
	unregister_kprobes(fixed_probes, ARRAY_SIZE(fixed_probes));
	unregister_kretprobe(&fixed_alloc_probe);
}

module_init(fixed_init);
module_exit(fixed_exit);
MODULE_DESCRIPTION("Makes functions fail for mmapdemo, and tells how its memory is cached");
MODULE_LICENSE("GPL");
