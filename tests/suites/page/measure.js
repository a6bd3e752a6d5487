// SPDX-License-Identifier: GPL-2.0-only
// Put at the end of a page by tests/suites/page/run: measures all its texts as the
// browser has laid them out, tries the keys, and leaves what is wrong in #verdict.
(() => {
const wrong = [];
const say = (what, text) => wrong.length < 20 && wrong.push(what + ': ' + text.trim().slice(0, 60));

// [r, g, b] of a colour, or null for a transparent one
function rgb(colour) {
  const n = (colour.match(/[\d.]+/g) || []).map(Number);
  return n.length < 3 || n[3] === 0 ? null : n;
}
function luminance([r, g, b]) {
  const [x, y, z] = [r, g, b].map(v => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  return 0.2126 * x + 0.7152 * y + 0.0722 * z;
}
function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}
function background(element) {
  for (let e = element; e; e = e.parentElement) {
    const box = e.tagName === 'g' && e.querySelector('rect.box');
    const colour = rgb(box ? getComputedStyle(box).fill : getComputedStyle(e).backgroundColor);
    if (colour) return colour;
  }
  return matchMedia('(prefers-color-scheme: dark)').matches ? [18, 18, 18] : [255, 255, 255];
}

// what a reader has to open is measured, too
document.querySelectorAll('details').forEach(d => { d.open = true; });

const boxes = [];
const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
for (let node; (node = walker.nextNode());) {
  const parent = node.parentElement, style = getComputedStyle(parent);
  if (!node.data.trim() || parent.closest('script, style, title') || style.display === 'none') continue;
  const range = document.createRange();
  range.selectNodeContents(node);
  const svg = parent.closest('svg');
  for (const r of svg ? [parent.getBoundingClientRect()] : range.getClientRects()) {
    if (r.width < 1) continue;
    // letters do not fill the height of their line
    boxes.push({left: r.left, right: r.right, top: r.top + r.height * 0.15,
                bottom: r.bottom - r.height * 0.15, node, text: node.data});
    if (r.left < -1 || r.right > innerWidth + 1) say('falls off the page', node.data);
    if (svg && (r.left < svg.getBoundingClientRect().left - 1 || r.right > svg.getBoundingClientRect().right + 1))
      say('falls off its drawing', node.data);
    const box = svg && parent.parentElement.querySelector(':scope > rect.box');
    if (box && r.right > box.getBoundingClientRect().right) say('falls out of its box', node.data);
  }
  const ink = rgb(svg ? style.fill : style.color);
  if (ink && contrast(ink, background(parent)) < 4.5) say('is hard to read', node.data);
}
boxes.sort((a, b) => a.top - b.top);
boxes.forEach((a, i) => {
  for (let j = i + 1; j < boxes.length && boxes[j].top < a.bottom - 1; j++) {
    const b = boxes[j];
    if (a.node !== b.node && Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1)
      say('overlap', a.text.trim().slice(0, 28) + ' | ' + b.text.trim().slice(0, 28));
  }
});
if (document.documentElement.scrollWidth > innerWidth) say('is wider than the window', document.title);

const articles = [...document.querySelectorAll('article')];
const hidden = articles.filter(a => a.offsetHeight < 20);
if (hidden.length) say('steps that cannot be seen', String(hidden.length));
let keys = 'none';
if (articles.length && document.documentElement.classList.contains('js')) {
  const now = () => document.querySelector('.now')?.id;
  const press = key => (dispatchEvent(new KeyboardEvent('keydown', {key})), now());
  keys = ['ArrowRight', 'ArrowRight', 'k', 'n', 'j', 'p'].map(press).join(' ');
}
const verdict = document.createElement('pre');
verdict.id = 'verdict';
verdict.textContent = ['VERDICT', 'width ' + innerWidth, 'dark ' + matchMedia('(prefers-color-scheme: dark)').matches,
  'texts ' + boxes.length, 'steps ' + articles.length, 'keys ' + keys, ...wrong, 'END'].join('\n');
document.body.append(verdict);
})();
