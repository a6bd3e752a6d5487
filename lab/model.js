// SPDX-License-Identifier: GPL-2.0-only
// A model of the kernel with two processes that map the four pages of /dev/mmapdemo, for the
// sandbox, and for node. It has no part of a page in it, and changes no state that it was given.
// tests/suites/sandbox compares each of its transitions with what kernels did.

const model = (() => {
const PAGES = 4, NAMES = ['A', 'B'], LETTERS = 'KLMNOPQRSTUVWXYZ';

// Each operation of a process, with a page or for all four.
const OPERATIONS = ['shared', 'private', 'fork', 'load', 'store', 'munmap', 'readonly', 'readwrite', 'dontneed'];
const ON_A_PAGE = OPERATIONS.slice(3);

// A frame below PAGES is the device's page of that number. An entry of the page table is null while
// it is not present. `anon' of a VMA is the number of its anon_vma: it has had a frame of its own, so
// fork() copies its entries. `forked': it got that by fork(). `exclusive' of a frame: no fork() has
// shared it since a store made it or took it over. `moves': see mayTake().
function start(moves = true) {
  const nobody = {alive: false, vmas: [], entries: Array(PAGES).fill(null)};
  const frames = {};
  for (let page = 0; page < PAGES; page++) frames[page] = {letter: 'abcd'[page], exclusive: false};
  return {frames, next: PAGES, nextAnon: 0, stores: 0, moves, processes: [{...structuredClone(nobody), alive: true}, nobody]};
}

const isDevice = frame => frame < PAGES;
const vmaOf = (process, page) => process.vmas.find(vma => vma.first <= page && page <= vma.last);

// Where a frame is mapped, as [process, page]
function mappings(state, frame) {
  return state.processes.flatMap((process, number) =>
    process.entries.flatMap((entry, page) => entry && entry.frame === frame ? [[number, page]] : []));
}

// Frames that nobody maps any more are free, unless they are the device's.
function free(state) {
  for (const frame of Object.keys(state.frames).map(Number))
    if (!isDevice(frame) && !mappings(state, frame).length) delete state.frames[frame];
}

// Cuts the VMA of a page, so that a VMA of this page alone is left.
function isolate(process, page) {
  const at = process.vmas.indexOf(vmaOf(process, page)), vma = process.vmas[at];
  const parts = [[vma.first, page - 1], [page, page], [page + 1, vma.last]].filter(([from, to]) => from <= to);
  process.vmas.splice(at, 1, ...parts.map(([first, last]) => ({...vma, first, last})));
}

// A private VMA gets an anon_vma at its first store, that of a VMA beside it if this may be
// (find_mergeable_anon_vma() in mm/vma.c).
function prepareAnon(state, process, vma) {
  if (vma.anon !== null) return;
  const near = [process.vmas.find(other => other.first === vma.last + 1), process.vmas.find(other => other.last === vma.first - 1)]
    .find(other => other && !other.shared && other.anon !== null && !other.forked);
  vma.anon = near ? near.anon : state.nextAnon++;
}

// Whether mprotect() moves the border between two VMAs and makes no third one. Linux does so from 6.4
// on for memory whose driver counts its VMAs (vm_operations_struct.close), as long as it removes none:
// vma_merge_existing_range() and is_mergeable_anon_vma() in mm/vma.c.
function mayTake(state, target, source, write) {
  if (!state.moves || !target || target.shared !== source.shared || target.write !== write) return false;
  if (target.anon === source.anon) return true;
  return target.anon === null ? !source.forked : source.anon === null && !target.forked;
}

function moveBorder(state, process, vma, page, write) {
  if (vma.first === vma.last) return null;
  const target = process.vmas.find(other => page === vma.first ? other.last === page - 1 : page === vma.last && other.first === page + 1);
  if (!mayTake(state, target, vma, write)) return null;
  if (page === vma.first) [vma.first, target.last] = [page + 1, page];
  else [vma.last, target.first] = [page - 1, page];
  target.anon ??= vma.anon;
  return target;
}

// The words of an operation: names of things, as the sandbox's pictures have them.
const frameName = frame => isDevice(frame) ? `the device's page ${frame}` : `frame ${frame}`;
const entryOf = (who, page) => `The page table entry of page ${page} in process ${who}`;
const list = numbers => numbers.length < 2 ? numbers.join('') : `${numbers.slice(0, -1).join(', ')} and ${numbers.at(-1)}`;
const pagesNamed = pages => `${pages.length === 1 ? 'page' : 'pages'} ${list(pages)}`;

const SIGSEGV = 'The kernel sends SIGSEGV. It ends a program that does not catch it; this process catches it and goes on.';
const ended = (said, why, more) => ({said, why, faults: 0, ...more});

function noVma(who, page, access) {
  return ended('SIGSEGV', [
    `No VMA of process ${who} covers page ${page}, so the ${access} causes a page fault that the kernel cannot serve.`,
    SIGSEGV]);
}

// A page fault maps the device's page and the pages around it in the VMA that are not mapped:
// fault-around. The kernel does so for loads, this module also for stores.
function mapAround(process, page, vma, by = 'The kernel') {
  const around = [];
  for (let other = vma.first; other <= vma.last; other++) {
    if (process.entries[other]) continue;
    process.entries[other] = {frame: other, writable: vma.shared && vma.write};
    if (other !== page) around.push(other);
  }
  return around.length ? [`${by} sets the entries of ${pagesNamed(around)} in the same way, which saves page faults. This is called fault-around.`] : [];
}

function load(state, number, page) {
  const process = state.processes[number], who = NAMES[number], vma = vmaOf(process, page);
  if (!vma) return noVma(who, page, 'load');
  let entry = process.entries[page], faults = 0, why;
  if (entry) {
    why = [`${entryOf(who, page)} is present, so the processor reads ${frameName(entry.frame)} by itself.`,
      'There is no page fault, and the kernel has no part in it.'];
  } else {
    const around = mapAround(process, page, vma);
    entry = process.entries[page];
    faults = 1;
    why = [`${entryOf(who, page)} is not present, so the load causes a page fault. The kernel maps the device's page, and copies nothing.`,
      entry.writable ? 'The entry is writable, because a store to a shared mapping is meant for the device.' :
        vma.shared ? 'The entry is read-only, because the VMA is.' :
          'The entry is read-only, because a store to a private mapping must not reach the device.',
      ...around];
  }
  return ended('ok', why, {faults, value: state.frames[entry.frame].letter});
}

// A frame of the process's own, which it may write
function own(state, process, page, letter) {
  const frame = state.next++;
  state.frames[frame] = {letter, exclusive: true};
  process.entries[page] = {frame, writable: true};
  return frame;
}

// Copy-on-write: the entry is there, and read-only.
function writeProtected(state, number, page, letter) {
  const process = state.processes[number], who = NAMES[number], entry = process.entries[page];
  const users = mappings(state, entry.frame), before = frameName(entry.frame);
  const trap = `The VMA allows the store, but ${entryOf(who, page).replace('The', 'the')} is read-only, so the store causes a page fault.`;
  if (!isDevice(entry.frame) && users.length === 1) {
    entry.writable = true;
    Object.assign(state.frames[entry.frame], {letter, exclusive: true});
    return [trap, `Nobody else maps ${before} any more, so the kernel copies nothing.`,
      `It makes the entry writable, and process ${who} keeps the frame. This is called reuse.`];
  }
  const copy = own(state, process, page, letter);
  const reason = isDevice(entry.frame) ? 'because the mapping is private and the page belongs to the device' :
    `because process ${NAMES[1 - number]} maps it too`;
  return [trap, `The kernel copies ${before} to frame ${copy}, ${reason}.`,
    `The entry is writable now and leads to frame ${copy}, and the store changes only this frame.`];
}

function store(state, number, page) {
  const process = state.processes[number], who = NAMES[number], vma = vmaOf(process, page);
  const letter = LETTERS[state.stores++ % LETTERS.length];
  if (!vma) return noVma(who, page, 'store');
  if (!vma.write)
    return ended('SIGSEGV', [
      `The VMA of page ${page} does not allow stores, so the store causes a page fault that the kernel refuses.`,
      SIGSEGV]);
  const entry = process.entries[page];
  if (entry && entry.writable) {
    state.frames[entry.frame].letter = letter;
    return ended('ok', [
      `${entryOf(who, page)} is present and writable, so the processor writes to ${frameName(entry.frame)} by itself.`,
      'There is no page fault, and the kernel has no part in it.'], {value: letter});
  }
  let why;
  if (entry) {
    prepareAnon(state, process, vma);
    why = writeProtected(state, number, page, letter);
  } else if (vma.shared) {
    const around = mapAround(process, page, vma, 'For loads the kernel does so by itself; for this store the driver of the device');
    state.frames[page].letter = letter;
    why = [`${entryOf(who, page)} is not present, so the store causes a page fault. The kernel maps the device's page, and makes the entry writable.`,
      'The store goes to the device, so read() and every shared mapping see it.', ...around];
  } else {
    prepareAnon(state, process, vma);
    const frame = own(state, process, page, letter);
    why = [`${entryOf(who, page)} is not present, so the store causes a page fault. The mapping is private, so the kernel copies the device's page ${page} to frame ${frame}.`,
      `The entry leads to frame ${frame} and is writable. The device does not see the store.`];
  }
  return ended('ok', why, {faults: 1, value: letter});
}

function mmap(state, number, shared) {
  const process = state.processes[number], who = NAMES[number], replaced = process.vmas.length;
  process.vmas = [{first: 0, last: PAGES - 1, shared, write: true, anon: null, forked: false}];
  process.entries.fill(null);
  return ended('ok', [
    `The kernel makes a ${shared ? 'shared' : 'private'} VMA, which maps pages 0 to 3 of process ${who} to those of the device and allows loads and stores.`,
    shared ? 'A store will change the device.' : 'A store will change a copy that this process alone has.',
    ...(replaced ? ['MAP_FIXED replaces what was mapped there before.'] : []),
    'No page table entry is present yet, so the first access will cause a page fault.']);
}

function fork(state) {
  const [parent, child] = state.processes;
  child.alive = true;
  child.vmas = parent.vmas.map(vma => vma.anon === null ? {...vma} : {...vma, anon: state.nextAnon++, forked: true});
  const copied = [], left = [];
  parent.entries.forEach((entry, page) => {
    if (!entry) return;
    const vma = vmaOf(parent, page);
    if (vma.anon === null) return void left.push(page);
    entry.writable = false;
    state.frames[entry.frame].exclusive = false;
    child.entries[page] = {...entry};
    copied.push(page);
  });
  if (!parent.vmas.length) return ended('ok', ['Process B begins as a copy of process A. Process A maps nothing of the device, so there is nothing to copy.']);
  return ended('ok', ['Process B gets a copy of each VMA of process A. No frame is copied.',
    ...(copied.length ? [`The kernel copies the entries of ${pagesNamed(copied)}, and makes them read-only in both processes. If the VMA allows the next store, its page fault copies the frame, or reuses it where the process is the last one that maps its copy.`] : []),
    ...(left.length ? [`It leaves out the entries of ${pagesNamed(left)}, because page faults of process B can find these pages in the device.`] : [])]);
}

function munmap(state, number, page) {
  const process = state.processes[number], who = NAMES[number], vma = vmaOf(process, page);
  if (!vma) return ended('ok', [`Nothing is mapped at page ${page} of process ${who}. munmap() succeeds and does nothing.`]);
  const cut = vma.first !== vma.last;
  isolate(process, page);
  process.vmas.splice(process.vmas.indexOf(vmaOf(process, page)), 1);
  const entry = process.entries[page];
  process.entries[page] = null;
  return ended('ok', [cut ? `The kernel takes page ${page} out of the VMA of process ${who}${vma.first < page && page < vma.last ? ', which splits the VMA in two' : ''}. The other pages stay mapped.` :
    `The kernel removes the VMA of page ${page} in process ${who}.`, ...dropped(state, entry)]);
}

// The fate of the frame whose entry is gone
function dropped(state, entry) {
  if (!entry) return ['There was no entry to clear.'];
  if (isDevice(entry.frame)) return ['The kernel clears the entry. The device keeps its page.'];
  const [user] = mappings(state, entry.frame);
  if (user) return [`The kernel clears the entry. Process ${NAMES[user[0]]} still maps frame ${entry.frame}.`];
  return [`The kernel clears the entry. Nobody else maps frame ${entry.frame}, so the frame and its contents are gone.`];
}

const inHole = (what, who, page) => ended('ENOMEM', [`No VMA of process ${who} covers page ${page}, so ${what} fails with ENOMEM.`]);

function mprotect(state, number, page, write) {
  const process = state.processes[number], who = NAMES[number];
  let vma = vmaOf(process, page);
  if (!vma) return inHole('mprotect()', who, page);
  if (vma.write === write)
    return ended('ok', [`The VMA of page ${page} is ${write ? 'read-write' : 'read-only'} already, so nothing changes.`]);
  const rights = write ? 'read-write' : 'read-only', cut = vma.first !== vma.last, moved = moveBorder(state, process, vma, page, write);
  if (!moved) isolate(process, page);
  vma = vmaOf(process, page);
  vma.write = write;
  const why = [moved ? `The VMA beside page ${page} is ${rights} already, so the kernel moves the border between the two VMAs. Page ${page} belongs to that VMA now.` :
    cut ? `A VMA has one protection for all its pages, so the kernel splits it. The VMA of page ${page} is ${rights} now.` :
      `The VMA of page ${page} is ${rights} now.`];
  const entry = process.entries[page];
  if (!entry) return ended('ok', [...why, 'There was no entry to change.']);
  const frame = state.frames[entry.frame];
  const was = entry.writable;
  entry.writable = write && (vma.shared || frame.exclusive);
  if (!write) why.push(was ? 'The entry becomes read-only.' : 'The entry was read-only already.', 'From now on the kernel answers a store with SIGSEGV.');
  else if (vma.shared) why.push('The entry becomes writable at once.');
  else if (entry.writable) why.push(`The entry becomes writable at once, because process ${who} alone has frame ${entry.frame}.`);
  else why.push('The entry stays read-only. The next store will cause a page fault, in which the kernel copies or reuses the frame.');
  return ended('ok', why);
}

function dontneed(state, number, page) {
  const process = state.processes[number], who = NAMES[number];
  if (!vmaOf(process, page)) return inHole('madvise()', who, page);
  const entry = process.entries[page];
  process.entries[page] = null;
  return ended('ok', ['MADV_DONTNEED changes the page table and not the VMA.', ...dropped(state, entry),
    ...(entry ? ['The next access will cause a page fault, which finds the contents of the device.'] : [])]);
}

const perform = {
  shared: (state, number) => mmap(state, number, true),
  private: (state, number) => mmap(state, number, false),
  fork, load, store, munmap, dontneed,
  readonly: (state, number, page) => mprotect(state, number, page, false),
  readwrite: (state, number, page) => mprotect(state, number, page, true),
};

// Only a process that lives does anything, and there is one child.
const possible = (state, {number, what}) =>
  state.processes[number].alive && (what !== 'fork' || (number === 0 && !state.processes[1].alive));

// {number, what, page}: the process, one of OPERATIONS, and a page if it is ON_A_PAGE
function apply(before, operation) {
  if (!possible(before, operation)) throw new Error(`not possible: ${JSON.stringify(operation)}`);
  const state = structuredClone(before);
  const result = perform[operation.what](state, operation.number, operation.page);
  free(state);
  return {state, ...result};
}

function operations(state) {
  return [0, 1].flatMap(number => OPERATIONS.flatMap(what =>
    (ON_A_PAGE.includes(what) ? [0, 1, 2, 3] : [undefined]).map(page => ({number, what, page}))))
    .filter(operation => possible(state, operation));
}

return {PAGES, NAMES, ON_A_PAGE, start, apply, operations, possible, mappings, isDevice, vmaOf, frameName};
})();

if (typeof module !== 'undefined') module.exports = model;
