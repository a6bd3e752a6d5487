// SPDX-License-Identifier: GPL-2.0-only
// compare.js list LENGTH MORE SEED: prints sequences of operations for record.c: all of up to LENGTH
// operations; all on page 1 alone that have one more, and at least 5; and MORE random ones that are still longer.
// compare.js check SEQUENCES RECORD...: runs the model on them, compares it with what kernels did, and
// prints the differences.
//
// all() leaves out each sequence in which an operation but the last changes nothing in the model but
// letters in frames that are mapped writable: an access without a page fault, or an operation that
// fails. The sequence that ends with this operation is there, and shows that nothing has changed. The
// random sequences leave out nothing, so they would show if the kernel remembers more than the model.

'use strict';
const fs = require('fs'), path = require('path');
const model = require(process.env.SANDBOX_MODEL || path.join(__dirname, '../../../lab/model.js'));

const CODES = {shared: 'h', private: 'p', fork: 'f', load: 'l', store: 's', munmap: 'u', readonly: 'r', readwrite: 'w', dontneed: 'd'};
const code = ({number, what, page}) => model.NAMES[number] + CODES[what] + (page ?? '');
const decode = word => ({number: model.NAMES.indexOf(word[0]), page: word[2] && Number(word[2]),
  what: Object.keys(CODES).find(what => CODES[what] === word[1])});

const tables = state => JSON.stringify([state.processes, Object.entries(state.frames).map(([frame, {exclusive}]) => [frame, exclusive])]);

function all(length, pages = [0, 1, 2, 3]) {
  const found = [];
  let states = [[model.start(), []]];
  for (let left = length; left > 0; left--) {
    states = states.flatMap(([state, before]) => model.operations(state).flatMap(operation => {
      if (operation.page !== undefined && !pages.includes(operation.page)) return [];
      const sequence = [...before, operation];
      found.push(sequence);
      const after = model.apply(state, operation).state;
      return tables(after) === tables(state) ? [] : [[after, sequence]];
    }));
  }
  return found;
}

// numbers that are the same for the same seed (mulberry32)
function random(seed) {
  let a = seed;
  return below => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

// Kinds of operations are equally likely, as otherwise most are on a page that is not mapped. Some
// sequences use few pages, as copy and reuse need several operations on one page.
function longer(length, seed) {
  const next = random(seed), sequence = [], pages = 1 + next(4);
  let state = model.start();
  for (let left = length + 1 + next(8); left > 0; left--) {
    const operations = model.operations(state).filter(({page}) => page === undefined || page < pages);
    const kinds = [...new Set(operations.map(o => `${o.number} ${o.what}`))];
    const mapped = state.processes[0].vmas.length || state.processes[1].vmas.length;
    const kind = mapped ? kinds[next(kinds.length)] : `0 ${next(2) ? 'shared' : 'private'}`;
    const those = operations.filter(o => `${o.number} ${o.what}` === kind);
    sequence.push(those[next(those.length)]);
    state = model.apply(state, sequence.at(-1)).state;
  }
  return sequence;
}

// The words of record.c for a state and its last operation
function shown(before, {state, said, value, faults}) {
  const {processes} = state, known = [];
  const name = frame => {
    if (model.isDevice(frame)) return String(frame);
    if (!known.includes(frame)) known.push(frame);
    return 'abcdefghijklmnop'[known.indexOf(frame)];
  };
  const vmas = process => process.vmas.map(vma =>
    `${vma.first}-${vma.last}r${vma.write ? 'w' : '-'}${vma.shared ? 's' : 'p'}`).join() || '-';
  const entries = show => processes.map(process => process.entries.map(entry => entry ? show(entry.frame) : '-').join('')).join(' ');
  const contents = (process, number) => {
    if (!process.alive) return '----';
    return [0, 1, 2, 3].map(page => {
      const seen = model.apply(state, {number, what: 'load', page});
      return seen.said === 'ok' ? seen.value : '-';
    }).join('');
  };
  before.processes.forEach(process => process.entries.forEach(entry => entry && name(entry.frame)));
  return [value ? `${said}:${value}` : said, faults, ...processes.map(vmas), entries(name),
    entries(frame => model.mappings(state, frame).length), ...processes.map(contents),
    [0, 1, 2, 3].map(page => state.frames[page].letter).join('')].join(' ');
}

function expected(line, moves) {
  const words = line.split(' '), last = words.pop();
  let state = model.start(moves);
  for (const word of words) ({state} = model.apply(state, decode(word)));
  return shown(state, model.apply(state, decode(last)));
}

function lines(file) {
  return fs.readFileSync(file, 'utf8').trimEnd().split('\n');
}

function check(sequencesFile, recordFile) {
  const sequences = lines(sequencesFile), [release, ...record] = lines(recordFile);
  const [version, patch] = release.split('.').map(Number), moves = version > 6 || (version === 6 && patch >= 4);
  let differ = 0;
  if (sequences.length !== record.length) {
    console.log(`${sequences.length} sequences, but ${record.length} lines of ${recordFile}`);
    return 1;
  }
  sequences.forEach((sequence, i) => {
    const said = expected(sequence, moves);
    if (said === record[i]) return;
    if (++differ <= 20) console.log(`${sequence}\n  model:  ${said}\n  kernel: ${record[i]}`);
  });
  console.log(`Linux ${release}: ${sequences.length} sequences, ${differ} differ`);
  return differ ? 1 : 0;
}

const [what, ...rest] = process.argv.slice(2);
if (what === 'list' && rest.length === 3) {
  const [length, more, seed] = rest.map(Number);
  const onePage = all(Math.max(length + 1, 5), [1]).filter(sequence => sequence.length > length);
  const sequences = [...all(length), ...onePage, ...Array.from({length: more}, (_, i) => longer(length, seed + i))];
  process.stdout.write(sequences.map(sequence => sequence.map(code).join(' ') + '\n').join(''));
} else if (what === 'check' && rest.length === 2) {
  process.exitCode = check(...rest);
} else {
  console.error('usage: compare.js list LENGTH MORE SEED | compare.js check SEQUENCES RECORD');
  process.exitCode = 2;
}
