/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef TOUR_VERDICT_H
#define TOUR_VERDICT_H

enum tour_verdict { HOLDS, DIFFERS, UNSEEN /* it could not be seen */ };

#endif
