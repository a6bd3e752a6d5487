/* SPDX-License-Identifier: GPL-2.0-only */
/* The contract's rows, in its order, and what each is about in a line. */
#ifndef CONTRACT_H
#define CONTRACT_H

int contract_place(const char *id);
const char *contract_says(const char *id);

#endif
