// SPDX-License-Identifier: GPL-2.0-only
// A headless Chromium that a test drives over its --remote-debugging-pipe, with what node has by
// itself: const page = await browse({width, dark, still}); await page.open(url); await page.run(code).

'use strict';
const {spawn} = require('child_process');
const fs = require('fs'), os = require('os'), path = require('path');

const scale = Number(process.env.MMAPDEMO_TIMEOUT_SCALE || 1);

// Calls of the DevTools protocol, and its events
function connect(child) {
  const waiting = new Map(), listeners = [];
  let last = 0, rest = '';
  child.stdio[4].on('data', data => {
    const messages = (rest + data).split('\0');
    rest = messages.pop();
    for (const message of messages.map(text => JSON.parse(text))) {
      const {resolve, reject} = waiting.get(message.id) || {};
      if (message.method) listeners.forEach(listener => listener(message));
      else if (message.error) reject(new Error(message.error.message));
      else resolve(message.result);
      waiting.delete(message.id);
    }
  });
  child.on('exit', () => waiting.forEach(({reject}) => reject(new Error('chromium has ended'))));
  const call = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
    waiting.set(++last, {resolve, reject});
    child.stdio[3].write(JSON.stringify({id: last, method, params, sessionId}) + '\0');
  });
  return {call, listen: listener => listeners.push(listener)};
}

async function browse() {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'browser-'));
  const child = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--remote-debugging-pipe',
    `--user-data-dir=${profile}`], {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
  const {call, listen} = connect(child);
  const {targetId} = await call('Target.createTarget', {url: 'about:blank'});
  const {sessionId} = await call('Target.attachToTarget', {targetId, flatten: true});
  const errors = [];
  let onLoad = () => {};
  const ask = (method, params) => call(method, params, sessionId);
  listen(({method, params}) => {
    if (method === 'Runtime.exceptionThrown') errors.push(params.exceptionDetails.exception?.description || params.exceptionDetails.text);
    if (method === 'Page.loadEventFired') onLoad();
  });
  await ask('Page.enable');
  await ask('Runtime.enable');
  return {
    errors, ask,
    async look({width = 1000, height = 1000, dark = false, still = true, script = true}) {
      await ask('Emulation.setDeviceMetricsOverride', {width, height, deviceScaleFactor: 1, mobile: width < 600});
      await ask('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: dark ? 'dark' : 'light'},
        {name: 'prefers-reduced-motion', value: still ? 'reduce' : 'no-preference'}]});
      await ask('Emulation.setScriptExecutionDisabled', {value: !script});
    },
    // An address that differs in its # only would load nothing.
    async open(url) {
      for (const next of ['about:blank', url]) {
        const loaded = new Promise(resolve => { onLoad = resolve; });
        await ask('Page.navigate', {url: next});
        await loaded;
      }
    },
    async run(expression) {
      const {result, exceptionDetails} = await ask('Runtime.evaluate', {expression, awaitPromise: true, returnByValue: true});
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description || exceptionDetails.text);
      return result.value;
    },
    async key(key, code = key, text = undefined) {
      await ask('Input.dispatchKeyEvent', {type: 'keyDown', key, code, text, windowsVirtualKeyCode: {Tab: 9, Enter: 13, ' ': 32, ArrowRight: 39}[key]});
      await ask('Input.dispatchKeyEvent', {type: 'keyUp', key, code});
    },
    async picture(file) {
      const {data} = await ask('Page.captureScreenshot', {format: 'png', captureBeyondViewport: true});
      fs.writeFileSync(file, Buffer.from(data, 'base64'));
    },
    async close() {
      await call('Browser.close').catch(() => {});
      if (child.exitCode === null) await new Promise(resolve => child.on('exit', resolve));
      fs.rmSync(profile, {recursive: true, force: true, maxRetries: 5});
    },
  };
}

module.exports = {browse, scale};
