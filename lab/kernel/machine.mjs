// SPDX-License-Identifier: GPL-2.0-only
// The machine of lab/kernel, for node and the page: a saved state fits the same machine only.

export const machine = {
  memory_size: 128 * 1024 * 1024,
  vga_memory_size: 2 * 1024 * 1024,
  disable_keyboard: true,
  disable_mouse: true,
  disable_speaker: true,
  autostart: true,
};

// tsc=reliable: a clock of the emulator's would be measured for long.
export const cmdline = 'console=ttyS0 tsc=reliable mitigations=off nopti cryptomgr.notests random.trust_cpu=on panic=-1';
