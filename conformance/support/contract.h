/* SPDX-License-Identifier: GPL-2.0-only */
/* The contract's rows in order, each with its sentence. */
#ifndef CONTRACT_H
#define CONTRACT_H

int contract_place(const char *id);
const char *contract_says(const char *id);

#endif
