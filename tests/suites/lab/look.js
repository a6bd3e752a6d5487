// SPDX-License-Identifier: GPL-2.0-only
// look.js URL SECONDS: opens the kernel's page in Chromium, waits for its prompt, runs a command as a
// reader does, and prints what the shell showed of it.

'use strict';
const {browse} = require('../sandbox/browser.js');

const [url, seconds] = process.argv.slice(2);
const began = Date.now();
const screen = "document.getElementById('screen').textContent";

async function until(page, what, expression) {
  while (!await page.run(expression)) {
    if (Date.now() - began > Number(seconds) * 1000)
      throw new Error(`${what} does not come: ${await page.run("document.getElementById('state').textContent + '\\n' + " + screen)}`);
    await new Promise(resolve => setTimeout(resolve, 500));
  }
  console.error(`${what} after ${((Date.now() - began) / 1000).toFixed(1)} s`);
}

async function main() {
  const page = await browse();
  try {
    await page.look({width: 800});
    await page.open(url);
    await until(page, 'a prompt', `${screen}.endsWith('# ')`);
    await page.run(`document.getElementById('command').value = 'uname -r; mmapdemo map --self --json; echo status $?',
      document.getElementById('line').requestSubmit()`);
    await until(page, 'an answer', `/^status \\d+$/m.test(${screen})`);
    console.log(await page.run(screen));
    if (page.errors.length) throw new Error(page.errors.join('\n'));
  } finally {
    await page.close();
  }
}

main().catch(error => {
  console.error(error.message);
  process.exitCode = 1;
});
