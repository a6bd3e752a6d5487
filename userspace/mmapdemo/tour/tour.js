// SPDX-License-Identifier: GPL-2.0-only
// Arrow keys, j and k go from step to step; n and p from chapter to chapter.

document.documentElement.classList.add('js');
const steps = [...document.querySelectorAll('article')];
let now = -1;
function go(to) {
  to = Math.max(0, Math.min(steps.length - 1, to));
  if (steps[now]) steps[now].classList.remove('now');
  now = to; steps[now].classList.add('now');
  steps[now].scrollIntoView({block: 'start'});
  history.replaceState(null, '', '#' + steps[now].id);
}
function chapter(by) {
  const heads = steps.map((s, i) => s.dataset.step == 1 ? i : -1).filter(i => i >= 0);
  go(by > 0 ? heads.find(i => i > now) ?? now : heads.findLast(i => i < now) ?? 0);
}
addEventListener('keydown', e => {
  if (e.ctrlKey || e.altKey || e.metaKey) return;
  const to = {ArrowRight: 1, j: 1, ArrowLeft: -1, k: -1}[e.key];
  if (to) go(now + to); else if (e.key == 'n') chapter(1);
  else if (e.key == 'p') chapter(-1); else return;
  e.preventDefault();
});
const at = steps.findIndex(s => '#' + s.id == location.hash);
if (at >= 0) go(at);
