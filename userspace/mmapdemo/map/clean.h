/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MAP_CLEAN_H
#define MAP_CLEAN_H

/* What anybody may have chosen, fit to be shown: '?' for what is no UTF-8, or for control. */
char *map_clean(char *text);

#endif
