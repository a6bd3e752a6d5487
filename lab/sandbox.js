// SPDX-License-Identifier: GPL-2.0-only
// The sandbox's page: what lab/model.js says, drawn. The address keeps the steps, as #Ap,As1,Af,Bs1.

(() => {
const CALLS = {
  shared: ['h', 'mmap shared', () => 'mmap(0, 4 pages, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)'],
  private: ['p', 'mmap private', () => 'mmap(0, 4 pages, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0)'],
  fork: ['f', 'fork', () => 'fork()'],
  load: ['l', 'load', page => `c = page[${page}]`],
  store: ['s', 'store', (page, value) => `page[${page}] = '${value || '…'}'`],
  munmap: ['u', 'munmap', page => `munmap(page ${page})`],
  readonly: ['r', 'mprotect read-only', page => `mprotect(page ${page}, PROT_READ)`],
  readwrite: ['w', 'mprotect read-write', page => `mprotect(page ${page}, PROT_READ | PROT_WRITE)`],
  dontneed: ['d', 'madvise DONTNEED', page => `madvise(page ${page}, MADV_DONTNEED)`],
};
const at = id => document.getElementById(id);
const pages = [0, 1, 2, 3];
let states = [model.start()], steps = [], number = 0, page = 0;
const now = () => states.at(-1), before = () => states.at(-2) || states[0];

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) if (value !== false) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const code = ({number, what, page}) => model.NAMES[number] + CALLS[what][0] + (page ?? '');

function decode(word) {
  const what = Object.keys(CALLS).find(name => CALLS[name][0] === word[1]), number = model.NAMES.indexOf(word[0]);
  const page = model.ON_A_PAGE.includes(what) ? Number(word[2]) : undefined;
  return what && number >= 0 && (page === undefined || pages.includes(page)) ? {number, what, page} : null;
}

// Runs a step, and says nothing yet
function run(operation) {
  const {state, ...result} = model.apply(now(), operation);
  states.push(state);
  steps.push({operation, ...result});
}

function frame(id, letter) {
  return element('span', {class: `frame ${model.isDevice(id) ? 'of-device' : 'of-process'}`}, letter);
}

const name = id => model.isDevice(id) ? `device page ${id}` : `frame ${id}`;
const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);

function entryCell(state, process, page) {
  const entry = process.entries[page], old = before().processes[state.processes.indexOf(process)].entries[page];
  const cell = element('td', {class: (entry ? 'entry' : 'hole') + (same(entry, old) ? '' : ' changed')});
  if (!entry) {
    cell.append('not present');
    return cell;
  }
  cell.dataset.frame = entry.frame;
  cell.dataset.writable = entry.writable;
  cell.append(frame(entry.frame, state.frames[entry.frame].letter), ` ${name(entry.frame)}, `,
    element('span', {class: entry.writable ? 'good' : ''}, entry.writable ? 'writable' : 'read-only'));
  return cell;
}

function vmaCell(process, old, page) {
  const vma = model.vmaOf(process, page);
  if (!vma) return element('td', {class: 'hole' + (model.vmaOf(old, page) ? ' changed' : '')}, 'no VMA');
  if (vma.first !== page) return null;
  const was = old.vmas.find(other => other.first === vma.first);
  const unchanged = was && was.last === vma.last && was.write === vma.write && was.shared === vma.shared;
  return element('td', {rowspan: vma.last - vma.first + 1, class: unchanged ? '' : 'changed'},
    `${vma.shared ? 'shared' : 'private'}, ${vma.write ? 'read-write' : 'read-only'}`);
}

function drawProcess(state, number) {
  const process = state.processes[number], old = before().processes[number], place = at(`process-${number}`);
  place.replaceChildren(element('h2', {}, `Process ${model.NAMES[number]}`));
  if (!process.alive) {
    place.append(element('p', {class: 'dim'}, 'Process B does not exist yet: fork makes it.'));
    return;
  }
  const head = element('tr', {}, ...['address', 'VMA', 'page table entry'].map(text => element('th', {scope: 'col'}, text)));
  const rows = pages.map(page => {
    const vma = vmaCell(process, old, page);
    return element('tr', {}, element('th', {scope: 'row'}, `page ${page}`), ...(vma ? [vma] : []), entryCell(state, process, page));
  });
  place.append(element('table', {}, element('thead', {}, head), element('tbody', {}, ...rows)));
}

function frameItem(state, id) {
  const users = model.mappings(state, id), old = before().frames[id];
  const item = element('li', {class: same(old && old.letter, state.frames[id].letter) ? '' : 'changed'},
    frame(id, state.frames[id].letter), name(id),
    element('small', {}, users.length ? 'mapped by ' + users.map(([n, p]) => `${model.NAMES[n]} page ${p}`).join(', ') : 'mapped by nobody'));
  item.dataset.frame = id;
  return item;
}

function drawMemory(state) {
  const own = Object.keys(state.frames).map(Number).filter(id => !model.isDevice(id));
  at('memory').replaceChildren(element('h2', {}, 'Memory'), element('h3', {}, 'The device, as read() sees it'),
    element('ul', {class: 'frames'}, ...pages.map(id => frameItem(state, id))),
    element('h3', {}, own.length ? 'Frames that copy-on-write has made' : 'Copy-on-write has made no frame.'),
    element('ul', {class: 'frames'}, ...own.map(id => frameItem(state, id))));
}

// Lines from the entries to the frames, where the page is wide enough to have them side by side
function drawArrows() {
  const svg = at('arrows'), origin = svg.getBoundingClientRect(), parts = [];
  if (!origin.width) return svg.replaceChildren();
  for (const cell of document.querySelectorAll('td.entry')) {
    const item = document.querySelector(`li[data-frame="${cell.dataset.frame}"]`);
    const a = cell.getBoundingClientRect(), b = item.getBoundingClientRect(), right = a.left < b.left;
    const x1 = (right ? a.right : a.left) - origin.left, x2 = (right ? b.left : b.right) - origin.left;
    const y1 = a.top + a.height / 2 - origin.top, y2 = b.top + b.height / 2 - origin.top, bend = (x2 - x1) / 2;
    const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    path.setAttribute('d', `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
    if (cell.dataset.writable === 'true') path.setAttribute('class', 'may-write');
    const end = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    for (const [key, value] of [['cx', x2], ['cy', y2], ['r', 4]]) end.setAttribute(key, value);
    parts.push(path, end);
  }
  return svg.replaceChildren(...parts);
}

function outcome({said, value, operation, faults}) {
  const seen = operation.what === 'load' && said === 'ok' ? `reads ${value}` : said;
  return faults ? `${seen}, one page fault` : seen;
}

const called = ({operation: {number, what, page}, value}) => `${model.NAMES[number]}: ${CALLS[what][2](page, value)}`;

function say() {
  const last = steps.at(-1);
  if (!last) {
    at('said').replaceChildren(element('p', {}, 'Process A runs and has mapped nothing. The device holds the letters a, b, c and d. Begin with mmap.'));
    return;
  }
  at('said').replaceChildren(element('p', {}, element('code', {}, called(last)), ' ',
    element('b', {class: last.said === 'ok' ? 'good' : 'bad'}, outcome(last))), ...last.why.map(text => element('p', {}, text)));
}

function drawSteps() {
  at('steps').replaceChildren(...steps.map(step => element('li', {}, element('code', {}, called(step)), ` ${outcome(step)}`)));
  at('none').hidden = steps.length > 0;
  at('undo').disabled = at('again').disabled = !steps.length;
}

function drawControls() {
  if (!now().processes[number].alive) number = 0;
  document.querySelectorAll('#choose-process input').forEach((input, i) => {
    input.disabled = !now().processes[i].alive;
    input.checked = i === number;
  });
  document.querySelectorAll('[data-what]').forEach(button => {
    button.disabled = !model.possible(now(), {number, what: button.dataset.what});
  });
}

function draw() {
  [0, 1].forEach(number => drawProcess(now(), number));
  drawMemory(now());
  drawSteps();
  drawControls();
  say();
  drawArrows();
}

function keep() {
  const address = '#' + steps.map(step => code(step.operation)).join(',');
  if (location.hash.slice(1) !== address.slice(1)) history.replaceState(null, '', address);
}

// The steps of the address; wrong ones end it.
function fromAddress() {
  states = [model.start()];
  steps = [];
  for (const word of location.hash.slice(1).split(',').filter(Boolean)) {
    const operation = decode(word);
    if (!operation || !model.possible(now(), operation)) break;
    run(operation);
  }
  draw();
}

function radios(place, name, labels, choose) {
  at(place).append(...labels.map((text, i) => {
    const input = element('input', {type: 'radio', name, checked: i === 0 && ''});
    input.addEventListener('change', () => choose(i));
    return element('label', {}, input, element('span', {}, text));
  }));
}

function press(what) {
  run({number, what, page: model.ON_A_PAGE.includes(what) ? page : undefined});
  keep();
  draw();
}

function light(event) {
  const id = event.target.closest?.('[data-frame]')?.dataset.frame;
  document.querySelectorAll('.lit').forEach(lit => lit.classList.remove('lit'));
  if (id !== undefined) document.querySelectorAll(`[data-frame="${id}"]`).forEach(tied => tied.classList.add('lit'));
}

radios('choose-process', 'process', model.NAMES.map(name => `Process ${name}`), i => { number = i; drawControls(); });
radios('choose-page', 'page', pages.map(page => `Page ${page}`), i => { page = i; });
for (const [what, [, label]] of Object.entries(CALLS)) {
  const button = element('button', {type: 'button', 'data-what': what}, label);
  button.addEventListener('click', () => press(what));
  at(model.ON_A_PAGE.includes(what) ? 'on-page' : 'on-process').append(button);
}
at('undo').addEventListener('click', () => { states.pop(); steps.pop(); keep(); draw(); });
at('again').addEventListener('click', () => { states = [model.start()]; steps = []; keep(); draw(); });
at('stage').addEventListener('pointerover', light);
at('stage').addEventListener('pointerleave', light);
addEventListener('hashchange', fromAddress);
addEventListener('resize', drawArrows);
at('sandbox').hidden = false;
fromAddress();
})();
