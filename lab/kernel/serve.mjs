// SPDX-License-Identifier: GPL-2.0-only
// serve.mjs FOLDER [PORT]: serves the files of a folder on this machine alone. Port 0: a free one.
// A page that was opened from a disk may load no WebAssembly.

import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [folder, port = '8086'] = process.argv.slice(2);
const root = fs.realpathSync(folder);
const TYPES = {'.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.mjs': 'text/javascript', '.wasm': 'application/wasm'};

const server = http.createServer((request, response) => {
  let file;
  try {
    file = path.join(root, decodeURIComponent(new URL(request.url, 'http://localhost').pathname));
  } catch {
    response.writeHead(400).end();
    return;
  }
  if (file.endsWith(path.sep)) file += 'index.html';
  if (!file.startsWith(root + path.sep) || !fs.existsSync(file) || !fs.statSync(file).isFile()) {
    response.writeHead(404).end('There is no such file.\n');
    return;
  }
  response.writeHead(200, {'Content-Type': TYPES[path.extname(file)] || 'application/octet-stream', 'Content-Length': fs.statSync(file).size});
  fs.createReadStream(file).pipe(response);
});
server.on('error', error => {
  console.error(`serve: ${error.message}`);
  process.exit(1);
});
server.listen(Number(port), '127.0.0.1', () => console.log(`http://localhost:${server.address().port}/`));
