// SPDX-License-Identifier: GPL-2.0-only
// The search: sections that have all words, those with a word in their heading first.

const box = document.getElementById('search'), found = document.getElementById('found');

function around(text, word) {
	const at = Math.max(0, text.toLowerCase().indexOf(word) - 40);
	return (at ? '…' : '') + text.slice(at, at + 110) + '…';
}

function entry([url, page, title, text], word) {
	const item = document.createElement('li'), link = document.createElement('a');
	const where = document.createElement('small');
	link.href = up + url;
	link.textContent = title === page ? page : page + ': ' + title;
	where.textContent = around(text, word);
	item.append(link, where);
	return item;
}

function search() {
	const words = box.value.toLowerCase().split(/\s+/).filter(Boolean);
	const rank = ([, , title]) => words.filter(word => title.toLowerCase().includes(word)).length;
	const hits = words.length ? sections.filter(section =>
		words.every(word => section[3].toLowerCase().includes(word))) : [];
	hits.sort((a, b) => rank(b) - rank(a));
	found.replaceChildren(...hits.slice(0, 20).map(section => entry(section, words[0])));
	if (words.length && !hits.length) {
		const item = document.createElement('li');
		item.textContent = 'No section has these words.';
		found.append(item);
	}
}

box.addEventListener('input', search);
box.form.addEventListener('submit', event => event.preventDefault());
