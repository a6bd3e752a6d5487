// SPDX-License-Identifier: GPL-2.0-only
// look.js PAGE MEASURE AXE: opens the sandbox in Chromium and prints a line for each thing that it
// looked at: its name, a tab, and what is wrong, which is nothing if all is well. MEASURE is
// tests/suites/page/measure.js, AXE is axe-core's script.

'use strict';
const fs = require('fs');
const {browse} = require('./browser.js');

const [file, measureFile, axeFile] = process.argv.slice(2);
const url = steps => `file://${file}#${steps}`;
const STEPS = 'Ap,As1,Al3,Ar2,Af,Bs1,Bs2';
const measure = fs.readFileSync(measureFile, 'utf8'), axe = fs.readFileSync(axeFile, 'utf8');

const looks = {
  // The texts of a page that is full are some 150.
  async fits(page, {width, dark}) {
    await page.look({width, dark});
    await page.open(url(STEPS));
    const lines = (await page.run(`${measure}; document.getElementById('verdict').textContent`)).split('\n');
    const texts = Number(lines.find(line => line.startsWith('texts ')).slice(6));
    if (!lines.includes(`width ${width}`) || !lines.includes(`dark ${dark}`)) return `not as asked: ${lines}`;
    return [texts < 100 ? `only ${texts} texts` : '', ...lines.slice(6).filter(line => line && line !== 'END'),
      await axeFinds(page)].filter(Boolean).join('; ');
  },

  // Tab, the arrow keys and space reach and work everything.
  async keys(page) {
    await page.look({});
    await page.open(url(''));
    const to = async label => {
      for (let i = 0; i < 30; i++) {
        const at = await page.run("(document.activeElement.labels?.[0] || document.activeElement).textContent.trim()");
        if (at === label) return;
        await page.key('Tab');
      }
      throw new Error(`Tab does not reach ${label}`);
    };
    await to('mmap private');
    await page.key('Enter', 'Enter', '\r');
    await to('Page 0');
    await page.key('ArrowRight');
    await to('store');
    await page.key(' ', 'Space', ' ');
    const [said, address, live] = await page.run("[document.getElementById('said').textContent, location.hash, document.getElementById('said').getAttribute('aria-live')]");
    if (address !== '#Ap,As1') return `the keys gave ${address}`;
    if (!/copies the device's page 1 to frame 4/.test(said)) return `said: ${said}`;
    return live === 'polite' ? '' : 'what happened is not read out';
  },

  // Each button, in each process, does the model's operation; undo takes it back.
  async buttons(page) {
    await page.look({});
    await page.open(url('Ah,Af'));
    return page.run(`(() => {
      const wrong = [], press = id => document.getElementById(id).click();
      const picture = () => document.getElementById('stage').innerText;
      for (const choice of document.querySelectorAll('#choose-process input')) {
        choice.click();
        for (const button of document.querySelectorAll('[data-what]:enabled')) {
          const before = picture(), count = document.querySelectorAll('#steps li').length;
          button.click();
          if (document.querySelectorAll('#steps li').length !== count + 1) wrong.push(button.textContent + ' is no step');
          if (!/^[AB]: .* (ok|reads|SIG)/.test(document.getElementById('said').innerText)) wrong.push(button.textContent + ' says nothing');
          press('undo');
          if (picture() !== before) wrong.push('undo of ' + button.textContent);
        }
      }
      press('again');
      if (location.hash) wrong.push('start again keeps ' + location.hash);
      if (!document.querySelector('[data-what=store]:enabled')) wrong.push('no store');
      return wrong.join('; ');
    })()`);
  },

  async moves(page, {still}) {
    await page.look({still});
    await page.open(url('Ap'));
    const moving = await page.run("document.querySelector('[data-what=store]').click(), document.getAnimations().length");
    return (moving === 0) === still ? '' : `${moving} animations`;
  },

  async 'without-script'(page) {
    await page.look({script: false});
    await page.open(url(''));
    const text = await page.run("document.querySelector('main').innerText");
    await page.look({});
    return /needs JavaScript/.test(text) && !/mmap shared/.test(text) ? '' : `it says: ${text}`;
  },

  // A wrong address does not break the page.
  async address(page) {
    await page.look({});
    await page.open(url('Ap,Zz9,As0'));
    const steps = await page.run("document.querySelectorAll('#steps li').length");
    return steps === 1 ? '' : `${steps} steps`;
  },
};

// Moderate and minor findings are matters of taste.
async function axeFinds(page) {
  const {violations, passes} = await page.run(`${axe}; axe.run()`);
  if (passes.length < 10) return `axe has only ${passes.length} rules that pass`;
  return violations.filter(({impact}) => ['serious', 'critical'].includes(impact))
    .map(({id, nodes}) => `${id}: ${nodes[0].html}`).join('; ');
}

async function main() {
  const page = await browse();
  const look = async (name, kind, options) => {
    const wrong = await looks[kind](page, options).catch(error => error.message);
    console.log(`${name}\t${[wrong, ...page.errors.splice(0)].filter(Boolean).join('; ').replace(/\s+/g, ' ')}`);
  };
  for (const width of [360, 800, 1600])
    for (const dark of [false, true]) await look(`fits-${width}-${dark ? 'dark' : 'light'}`, 'fits', {width, dark});
  for (const still of [false, true]) await look(still ? 'reduced-motion' : 'motion', 'moves', {still});
  for (const kind of ['keys', 'buttons', 'without-script', 'address']) await look(kind, kind, {});
  await page.close();
}

main();
