// SPDX-License-Identifier: GPL-2.0-only
// node hello.js: uses /dev/mmapdemo; below `mmapdemo create`, its buffer. docs/languages.md explains it.
'use strict';
const fs = require('fs');

const inherited = process.env.MMAPDEMO_FD;
const fd = inherited ? Number(inherited) : fs.openSync('/dev/mmapdemo', 'r+');

function text(offset) {
	const bytes = Buffer.alloc(64);
	fs.readSync(fd, bytes, 0, 64, offset);
	return bytes.toString('utf8', 0, bytes.indexOf(0));
}

console.log(`by fstat: ${fs.fstatSync(fd).size}`);
fs.writeSync(fd, 'hello from Node.js\0', 0);
console.log('waiting');
const timer = setInterval(() => {
	if (!text(8192))
		return;
	console.log(`the other process stored '${text(8192)}'`);
	clearInterval(timer);
}, 100);
