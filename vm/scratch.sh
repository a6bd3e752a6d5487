#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
#
# scratch.sh COMMAND [ARGUMENT]...	(in the VM)
#
# Runs COMMAND with MMAPDEMO_SCRATCH: a folder on ext4 on a block device, for
# O_DIRECT. Wants /mke2fs (-f) and the kernel's ext4 and loop modules (-M). And with
# a sixteenth of the mappings that a process may have, which V4.map-count uses up:
# minutes of a debug kernel's time.

set -e
truncate -s 64M /tmp/scratch.img
/mke2fs -q -t ext4 /tmp/scratch.img
mkdir -p /scratch
mount -t ext4 -o loop /tmp/scratch.img /scratch
echo 4096 >/proc/sys/vm/max_map_count
export MMAPDEMO_SCRATCH=/scratch
exec "$@"
