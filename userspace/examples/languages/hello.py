#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""hello.py [create]: uses /dev/mmapdemo, or a fresh buffer. docs/languages.md explains it."""
import fcntl
import mmap
import os
import select
import stat
import struct
import sys


def ioctl(fd, number, layout, *values):
    """The command of that number; its struct begins with its size and flags."""
    size = struct.calcsize(layout)
    argument = bytearray(struct.pack(layout, size, 0, *values))
    return fcntl.ioctl(fd, 3 << 30 | size << 16 | 0xE7 << 8 | number, argument)


def open_buffer(fresh):
    node = open("/dev/mmapdemo", "r+b", buffering=0)
    if not fresh:
        return node
    with node:
        return open(ioctl(node, 0x0A, "=IIQQ", 1 << 20, 0), "r+b", buffering=0)


def wait_for_kick(file):
    poll = select.poll()
    regular = stat.S_ISREG(os.fstat(file.fileno()).st_mode)
    poll.register(file, select.POLLPRI if regular else select.POLLIN)
    poll.poll()
    ioctl(file, 0x08, "=IIIIQ", 1, 0, 0)


def text(memory, offset):
    return bytes(memory[offset:offset + 64]).split(b"\0")[0].decode()


def main():
    file = open_buffer(len(sys.argv) > 1)
    try:
        print("by st_size:", len(mmap.mmap(file.fileno(), 0)))
    except OSError as error:
        print("by st_size:", error)

    size = file.seek(0, os.SEEK_END)
    shared = mmap.mmap(file.fileno(), size)
    private = mmap.mmap(file.fileno(), size, access=mmap.ACCESS_COPY)
    shared[:18] = b"hello from Python\0"
    private[4096:4101] = b"mine\0"
    print(f"size {size}, private '{text(private, 4096)}', shared '{text(shared, 4096)}'")

    print("waiting", flush=True)
    wait_for_kick(file)
    print(f"the other process stored '{text(shared, 8192)}'")


if __name__ == "__main__":
    main()
