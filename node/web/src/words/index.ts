/* The two languages. A catalogue per screen and language, words/NAME.LANG.json, {"key": "text"}: the key of a word is NAME.key. */
import type { Words } from "../api/types";

export type Lang = "fr" | "en";
type Catalogue = Record<string, string>;

const files = import.meta.glob<Catalogue>("./*.json", { eager: true, import: "default" });
const catalogues: Record<Lang, Catalogue> = { fr: {}, en: {} };
for (const [path, words] of Object.entries(files)) {
	const parts = /\.\/(.+)\.(fr|en)\.json$/.exec(path);
	if (!parts) continue;
	for (const [key, text] of Object.entries(words)) catalogues[parts[2] as Lang][`${parts[1]}.${key}`] = text;
}

const KEY = "releve.lang";

function preferred(): Lang {
	const chosen = localStorage.getItem(KEY);
	if (chosen === "fr" || chosen === "en") return chosen;
	const first = navigator.languages.find((one) => /^(fr|en)\b/.test(one));
	return first?.startsWith("en") ? "en" : "fr";
}

let lang: Lang = preferred();
const plural = { fr: new Intl.PluralRules("fr"), en: new Intl.PluralRules("en") };
document.documentElement.lang = lang;

export function language(): Lang {
	return lang;
}

const listeners = new Set<() => void>();
export function onLanguage(listener: () => void): () => void {
	listeners.add(listener);
	return () => listeners.delete(listener);
}
export function speak(next: Lang): void {
	lang = next;
	localStorage.setItem(KEY, next);
	document.documentElement.lang = next;
	listeners.forEach((listener) => listener());
}

function fill(text: string, values: Record<string, string | number>): string {
	return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The text of a key, with {name} filled in. A key that is missing shows itself: test/words.mjs finds it. */
export function t(key: string, values: Record<string, string | number> = {}): string {
	return fill(catalogues[lang][key] ?? key, values);
}

/** As many: of KEY.one and KEY.other, with {n}. */
export function tn(key: string, n: number, values: Record<string, string | number> = {}): string {
	const form = plural[lang].select(n) === "one" ? "one" : "other";
	return t(`${key}.${form}`, { n: n.toLocaleString(lang), ...values });
}

/** The node's own words, which come in both; a name may come as it is. */
export function say(words: Partial<Words> | string | undefined | null): string {
	if (typeof words === "string") return words;
	return words?.[lang] ?? words?.fr ?? words?.en ?? "";
}

/** "4.50" as one writes it here: "4,5"; a sign stays. */
export function decimal(text: string): string {
	const number = Number(text);
	return Number.isFinite(number) ? number.toLocaleString(lang, { maximumFractionDigits: 3 }) : text;
}
