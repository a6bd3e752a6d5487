// SPDX-License-Identifier: GPL-2.0-only
// save.mjs LIBV86 SEABIOS VMLINUZ INITRD STATE [SECONDS]: boots the kernel in v86 up to the prompt of
// lab/kernel/init, and saves the machine's state. It says how long that took.

import fs from 'node:fs';
import {pathToFileURL} from 'node:url';
import {machine, cmdline} from './machine.mjs';

const [library, seabios, vmlinuz, initrd, state, seconds = '900'] = process.argv.slice(2);
const {V86} = await import(pathToFileURL(`${library}/libv86.mjs`));
const file = path => {
  const {buffer, byteOffset, byteLength} = fs.readFileSync(path);
  return {buffer: buffer.slice(byteOffset, byteOffset + byteLength)};
};
const began = Date.now();
const after = () => `${Math.round((Date.now() - began) / 1000)} s`;

function fail(why) {
  console.error(`save: ${why} after ${after()}; the last of its output:\n${said.slice(-1500)}`);
  process.exit(1);
}

let said = '', done = false;
const emulator = new V86({...machine, cmdline, wasm_path: `${library}/v86.wasm`,
  bios: file(`${seabios}/bios.bin`), vga_bios: file(`${seabios}/vgabios-stdvga.bin`),
  bzimage: file(vmlinuz), initrd: file(initrd)});
emulator.add_listener('serial0-output-byte', async byte => {
  said += String.fromCharCode(byte);
  if (done || !said.endsWith('# ') || !said.includes('lab-ready\r\n')) return;
  done = true;
  if (said.includes('the module does not load')) fail('the module does not load');
  await emulator.stop();
  const saved = Buffer.from(await emulator.save_state());
  fs.writeFileSync(state, saved);
  console.log(`booted in ${after()}; the state has ${Math.round(saved.length / 1048576)} MiB`);
  process.exit(0);
});
setTimeout(() => fail('no prompt'), Number(seconds) * 1000);
