// SPDX-License-Identifier: GPL-2.0-only
// The kernel's page: v86 with a saved state, and its serial port as a screen and a line to type.

import {V86} from './libv86.mjs';
import {machine} from './machine.mjs';

const EXAMPLES = ['mmapdemo info', 'mmapdemo map --self', 'mmapdemo tour', 'cat /proc/self/maps', 'ls /sys/kernel/debug/mmapdemo'];
const MOST = 100000;	// letters that the screen keeps
const at = id => document.getElementById(id);
const began = performance.now();
let ready = false;

const emulator = new V86({...machine, wasm_path: 'v86.wasm', bios: {url: 'bios.bin'}, vga_bios: {url: 'vgabios-stdvga.bin'},
  initial_state: {url: 'state.zst'}});

// Enough of a terminal for a shell: without sequences that begin with Escape, and the cursor goes back
// by a letter at most. The screen is drawn ten times a second.
let text = '', escape = '', drawing = false;
function draw() {
  drawing = false;
  text = text.slice(-MOST);
  at('screen').textContent = text;
  at('screen').scrollTop = at('screen').scrollHeight;
}

function show(letter) {
  if (letter === '\x1b' || escape) {
    escape += letter;
    if (/^\x1b(\[[\d;?]*[A-Za-z]|[^[])$/.test(escape)) escape = '';
    return;
  }
  if (letter === '\b') text = text.slice(0, -1);
  else if (letter === '\n' || letter >= ' ') text += letter;
  if (!drawing) setTimeout(draw, 100);
  drawing = true;
}

function run(command) {
  emulator.serial0_send(command + '\n');
}

emulator.add_listener('serial0-output-byte', byte => show(String.fromCharCode(byte)));
emulator.add_listener('emulator-started', () => {
  if (ready) return;
  ready = true;
  document.querySelectorAll(':disabled').forEach(element => { element.disabled = false; });
  at('state').textContent = `The kernel runs. Loading took ${((performance.now() - began) / 1000).toFixed(1)} seconds.`;
  run('');
  at('command').focus();
});
emulator.add_listener('download-error', event => {
  at('state').textContent = `The page cannot load ${event.file_name}. Run make lab-kernel, and open the address that it prints.`;
});

for (const example of EXAMPLES) {
  const button = document.createElement('button');
  button.type = 'button';
  button.disabled = true;
  button.textContent = example;
  button.addEventListener('click', () => run(example));
  at('examples').append(button, ' ');
}
at('line').addEventListener('submit', event => {
  event.preventDefault();
  run(at('command').value);
  at('command').value = '';
});
at('interrupt').addEventListener('click', () => emulator.serial0_send('\x03'));
