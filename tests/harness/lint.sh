#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
#
# lint.sh KERNEL: what tools say of the sources, all that `make lint' does but
# coccicheck, which takes its time, and other kernels.

exec "$(realpath "$(dirname "$0")/../lint")/run" -k "$1" style build kernel programs red
