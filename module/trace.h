/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM mmapdemo

#if !defined(MMAPDEMO_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define MMAPDEMO_TRACE_H

#include <linux/mm.h>
#include <linux/tracepoint.h>
#include <trace/events/mmflags.h>

/* Node names as arrays: __assign_str() differs between kernels. */
#define MMAPDEMO_TRACE_NAME	32

TRACE_EVENT(mmap,
	TP_PROTO(const char *node, unsigned long start, unsigned long end, pgoff_t pgoff,
		 unsigned long flags),
	TP_ARGS(node, start, end, pgoff, flags),
	TP_STRUCT__entry(
		__array(char, node, MMAPDEMO_TRACE_NAME)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned long, pgoff)
		__field(unsigned long, flags)
	),
	TP_fast_assign(
		strscpy(__entry->node, node, MMAPDEMO_TRACE_NAME);
		__entry->start = start;
		__entry->end = end;
		__entry->pgoff = pgoff;
		__entry->flags = flags;
	),
	TP_printk("node=%s start=%#lx end=%#lx pgoff=%#lx flags=%s", __entry->node,
		  __entry->start, __entry->end, __entry->pgoff, show_vma_flags(__entry->flags))
);

DECLARE_EVENT_CLASS(mmapdemo_vma,
	TP_PROTO(const char *node, const struct vm_area_struct *vma, int vmas),
	TP_ARGS(node, vma, vmas),
	TP_STRUCT__entry(
		__array(char, node, MMAPDEMO_TRACE_NAME)
		__field(unsigned long, start)
		__field(unsigned long, end)
		__field(unsigned long, pgoff)
		__field(unsigned long, flags)
		__field(int, vmas)
	),
	TP_fast_assign(
		strscpy(__entry->node, node, MMAPDEMO_TRACE_NAME);
		__entry->start = vma->vm_start;
		__entry->end = vma->vm_end;
		__entry->pgoff = vma->vm_pgoff;
		__entry->flags = vma->vm_flags;
		__entry->vmas = vmas;
	),
	TP_printk("node=%s start=%#lx end=%#lx pgoff=%#lx flags=%s vmas=%d", __entry->node,
		  __entry->start, __entry->end, __entry->pgoff, show_vma_flags(__entry->flags),
		  __entry->vmas)
);

DEFINE_EVENT(mmapdemo_vma, vma_open,
	TP_PROTO(const char *node, const struct vm_area_struct *vma, int vmas),
	TP_ARGS(node, vma, vmas));

DEFINE_EVENT(mmapdemo_vma, vma_close,
	TP_PROTO(const char *node, const struct vm_area_struct *vma, int vmas),
	TP_ARGS(node, vma, vmas));

DECLARE_EVENT_CLASS(mmapdemo_fault,
	TP_PROTO(const char *node, const struct vm_fault *vmf, vm_fault_t result),
	TP_ARGS(node, vmf, result),
	TP_STRUCT__entry(
		__array(char, node, MMAPDEMO_TRACE_NAME)
		__field(unsigned long, address)
		__field(unsigned long, pgoff)
		__field(unsigned int, flags)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		strscpy(__entry->node, node, MMAPDEMO_TRACE_NAME);
		__entry->address = vmf->address;
		__entry->pgoff = vmf->pgoff;
		__entry->flags = vmf->flags;
		__entry->result = (__force unsigned int)result;
	),
	TP_printk("node=%s address=%#lx pgoff=%#lx flags=%s result=%s", __entry->node,
		  __entry->address, __entry->pgoff,
		  __print_flags(__entry->flags, "|", FAULT_FLAG_TRACE),
		  __print_flags(__entry->result, "|", VM_FAULT_RESULT_TRACE))
);

DEFINE_EVENT(mmapdemo_fault, fault,
	TP_PROTO(const char *node, const struct vm_fault *vmf, vm_fault_t result),
	TP_ARGS(node, vmf, result));

DEFINE_EVENT(mmapdemo_fault, huge_fault,
	TP_PROTO(const char *node, const struct vm_fault *vmf, vm_fault_t result),
	TP_ARGS(node, vmf, result));

TRACE_EVENT(map_pages,
	TP_PROTO(const char *node, const struct vm_fault *vmf, pgoff_t first, pgoff_t last,
		 vm_fault_t result),
	TP_ARGS(node, vmf, first, last, result),
	TP_STRUCT__entry(
		__array(char, node, MMAPDEMO_TRACE_NAME)
		__field(unsigned long, address)
		__field(unsigned long, first)
		__field(unsigned long, last)
		__field(unsigned int, result)
	),
	TP_fast_assign(
		strscpy(__entry->node, node, MMAPDEMO_TRACE_NAME);
		__entry->address = vmf->address;
		__entry->first = first;
		__entry->last = last;
		__entry->result = (__force unsigned int)result;
	),
	TP_printk("node=%s address=%#lx first=%#lx last=%#lx result=%s", __entry->node,
		  __entry->address, __entry->first, __entry->last,
		  __print_flags(__entry->result, "|", VM_FAULT_RESULT_TRACE))
);

TRACE_EVENT(resize,
	TP_PROTO(const char *node, u64 old, u64 new, int error),
	TP_ARGS(node, old, new, error),
	TP_STRUCT__entry(
		__array(char, node, MMAPDEMO_TRACE_NAME)
		__field(u64, old)
		__field(u64, new)
		__field(int, error)
	),
	TP_fast_assign(
		strscpy(__entry->node, node, MMAPDEMO_TRACE_NAME);
		__entry->old = old;
		__entry->new = new;
		__entry->error = error;
	),
	TP_printk("node=%s old=%llu new=%llu error=%d", __entry->node, __entry->old, __entry->new,
		  __entry->error)
);

TRACE_EVENT(poison_hit,
	TP_PROTO(const char *node, pgoff_t pgoff, u32 action, bool fired),
	TP_ARGS(node, pgoff, action, fired),
	TP_STRUCT__entry(
		__array(char, node, MMAPDEMO_TRACE_NAME)
		__field(unsigned long, pgoff)
		__field(u32, action)
		__field(bool, fired)
	),
	TP_fast_assign(
		strscpy(__entry->node, node, MMAPDEMO_TRACE_NAME);
		__entry->pgoff = pgoff;
		__entry->action = action;
		__entry->fired = fired;
	),
	/* enum mmapdemo_inject_action */
	TP_printk("node=%s pgoff=%#lx action=%s fired=%d", __entry->node, __entry->pgoff,
		  __print_symbolic(__entry->action, { 1, "count" }, { 2, "sigbus" },
				   { 3, "hwpoison" }, { 4, "enomem" }),
		  __entry->fired)
);

TRACE_EVENT(notify,
	TP_PROTO(const char *node, unsigned int events, s64 generation),
	TP_ARGS(node, events, generation),
	TP_STRUCT__entry(
		__array(char, node, MMAPDEMO_TRACE_NAME)
		__field(unsigned int, events)
		__field(s64, generation)
	),
	TP_fast_assign(
		strscpy(__entry->node, node, MMAPDEMO_TRACE_NAME);
		__entry->events = events;
		__entry->generation = generation;
	),
	/* MMAPDEMO_EVENT_ */
	TP_printk("node=%s events=%s generation=%lld", __entry->node,
		  __print_flags(__entry->events, "|", { 1, "kick" }, { 2, "last-close" },
				{ 4, "resize" }, { 8, "wipe" }),
		  __entry->generation)
);

TRACE_EVENT(wipe,
	TP_PROTO(const char *node, const char *why, u64 bytes),
	TP_ARGS(node, why, bytes),
	TP_STRUCT__entry(
		__array(char, node, MMAPDEMO_TRACE_NAME)
		__array(char, why, 16)
		__field(u64, bytes)
	),
	TP_fast_assign(
		strscpy(__entry->node, node, MMAPDEMO_TRACE_NAME);
		strscpy(__entry->why, why, 16);
		__entry->bytes = bytes;
	),
	TP_printk("node=%s why=%s bytes=%llu", __entry->node, __entry->why, __entry->bytes)
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
