/* The words of the application, as a person who looks for a button would say them. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = join(dirname(fileURLToPath(import.meta.url)), "../../node/web/src/words");

/** t("NAME.key", {name: value}) and tn("NAME.key", n) of "fr" or "en". */
export function wordsOf(lang) {
	const all = {};
	for (const file of readdirSync(folder).filter((name) => name.endsWith(`.${lang}.json`)))
		for (const [key, text] of Object.entries(JSON.parse(readFileSync(join(folder, file), "utf8")))) all[`${file.split(".")[0]}.${key}`] = text;
	const t = (key, values = {}) => {
		if (all[key] === undefined) throw new Error(`no such word: ${key}`);
		return all[key].replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
	};
	const tn = (key, n, values = {}) => t(`${key}.${new Intl.PluralRules(lang).select(n) === "one" ? "one" : "other"}`, { n: n.toLocaleString(lang), ...values });
	return { t, tn };
}
