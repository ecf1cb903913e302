#!/usr/bin/env node
/* Both languages have the same words, with the same places to fill; every one is used, and every one that is used is there.
 * Usage: words.mjs (in node/web or anywhere). */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const source = join(dirname(fileURLToPath(import.meta.url)), "..", "src");
const problems = [];
const catalogues = { fr: new Map(), en: new Map() };

for (const file of readdirSync(join(source, "words")).filter((name) => name.endsWith(".json"))) {
	const [, name, lang] = /^([a-z-]+)\.(fr|en)\.json$/.exec(file) ?? [];
	if (!name) {
		problems.push(`${file}: is to be called NAME.fr.json or NAME.en.json`);
		continue;
	}
	for (const [key, text] of Object.entries(JSON.parse(readFileSync(join(source, "words", file), "utf8")))) {
		if (typeof text !== "string" || text.trim() === "") problems.push(`${file}: ${key} says nothing`);
		catalogues[lang].set(`${name}.${key}`, text);
	}
}

const places = (text) => [...text.matchAll(/\{(\w+)\}/g)].map((place) => place[1]).sort().join(" ");
for (const [lang, other] of [["fr", "en"], ["en", "fr"]])
	for (const [key, text] of catalogues[lang]) {
		const twin = catalogues[other].get(key);
		if (twin === undefined) problems.push(`${key}: is not there in ${other}`);
		else if (lang === "fr" && places(text) !== places(twin)) problems.push(`${key}: other places to fill in French than in English`);
	}

function* sources(folder) {
	for (const name of readdirSync(folder)) {
		const path = join(folder, name);
		if (statSync(path).isDirectory()) yield* sources(path);
		else if (/\.tsx?$/.test(name)) yield path;
	}
}

const known = catalogues.fr;
const names = new Set([...known.keys()].map((key) => key.split(".")[0]));
const used = new Set();
for (const path of sources(source)) {
	const text = readFileSync(path, "utf8");
	const where = relative(source, path);
	for (const [, call, key] of text.matchAll(/\b(tn?)\(\s*"([^"]+)"/g)) {
		const wanted = call === "tn" ? [`${key}.one`, `${key}.other`] : [key];
		for (const one of wanted) {
			used.add(one);
			if (!known.has(one)) problems.push(`${where}: ${one} is in no catalogue`);
		}
	}
	/* t(`round.mark.${mark}`): every word that begins so. What begins with a place is no prefix, and would make every word one that is used. */
	for (const [, prefix] of text.matchAll(/\btn?\(\s*`([^`$]+)\$\{/g)) {
		const found = [...known.keys()].filter((key) => key.startsWith(prefix));
		if (found.length === 0) problems.push(`${where}: no word begins with ${prefix}`);
		found.forEach((key) => used.add(key));
	}
	/* t(done ? "stick.admitted" : "stick.notAdmitted"): whatever is the name of a word */
	for (const [, key] of text.matchAll(/"([a-z-]+\.[^"\s]+)"/g)) for (const one of [key, `${key}.one`, `${key}.other`]) if (known.has(one)) used.add(one);
	/* keys that stand in tables, as {label: "base.nav.round"} */
	for (const [, key] of text.matchAll(/label: "([a-z-]+\.[^"]+)"/g)) {
		used.add(key);
		if (names.has(key.split(".")[0]) && !known.has(key)) problems.push(`${where}: ${key} is in no catalogue`);
	}
}
for (const key of known.keys()) if (!used.has(key)) problems.push(`${key}: is used nowhere`);

console.log(problems.length ? problems.join("\n") : `${known.size} words, in both languages, all of them used`);
process.exit(problems.length ? 1 : 0);
