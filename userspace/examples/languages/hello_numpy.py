#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""hello_numpy.py [create]: hello.py with arrays. docs/languages.md explains it."""
import sys

import numpy

from hello import open_buffer, text, wait_for_kick

file = open_buffer(len(sys.argv) > 1)
shared = numpy.memmap(file, dtype="u1", mode="r+")
private = numpy.memmap(file, dtype="u1", mode="c")
shared[:17] = list(b"hello from numpy\0")
private[4096:4101] = list(b"mine\0")
print(f"size {shared.size}, private '{text(private, 4096)}', shared '{text(shared, 4096)}'")

print("waiting", flush=True)
wait_for_kick(file)
print(f"the other process stored '{text(shared, 8192)}'")
