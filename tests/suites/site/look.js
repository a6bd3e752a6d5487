// SPDX-License-Identifier: GPL-2.0-only
// Put at the end of a page by tests/suites/site/run: reports elements that are wider than the page, and
// tries the search.
(() => {
const said = [], width = document.documentElement.clientWidth;
let looked = 0;
for (const element of document.querySelectorAll('main *')) {
  // a table or a block of code may scroll in itself
  if (element.closest('.wide, pre') && !element.matches('.wide, pre')) continue;
  looked++;
  const box = element.getBoundingClientRect();
  if (box.right > width + 1) said.push('wide: ' + element.tagName + ' ' + element.textContent.trim().slice(0, 40));
}
said.push(`looked at ${looked} elements`);
const box = document.getElementById('search'), found = document.getElementById('found');
const after = text => {
  box.value = text;
  box.dispatchEvent(new Event('input'));
  return found.textContent.replace(/\s+/g, ' ').slice(0, 200);
};
said.push('found: ' + after('userfaultfd watch'), 'nothing: ' + after('zxqv'));
const verdict = document.createElement('pre');
verdict.id = 'verdict';
verdict.textContent = '\n' + said.join('\n') + '\nEND';
document.body.append(verdict);
})();
