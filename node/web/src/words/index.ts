/* The two languages. A catalogue per screen and language, words/NAME.LANG.json, {"key": "text"}: the key of a word is NAME.key. */
import all from "words:all";
import type { Words } from "../api/types";

const [names, french, english] = all;

export type Lang = "fr" | "en";

const catalogues: Record<Lang, Map<string, string>> = { fr: new Map(), en: new Map() };
for (const [place, name] of names.entries()) {
	catalogues.fr.set(name, french[place] ?? name);
	catalogues.en.set(name, english[place] ?? name);
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

/** For how numbers and days are written. */
export function locale(): string {
	return lang === "fr" ? "fr-FR" : "en-GB";
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
	return fill(catalogues[lang].get(key) ?? key, values);
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

/** A difference: what grew has its sign too. */
export function signed(text: string): string {
	return Number(text) > 0 ? `+${decimal(text)}` : decimal(text);
}
