/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MMAPDEMO_UFFD_H
#define MMAPDEMO_UFFD_H

struct vm_uffd_ops;

extern const struct vm_uffd_ops mmapdemo_uffd_ops;

#endif
