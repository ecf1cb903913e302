/* The Omaha System as the program carries it (node/omaha): asked once, searched here, so that each keystroke is answered at once. */
import { say } from "../words";
import { useData } from "./store";
import type { Words } from "./types";

export interface Term {
	/** "PB26", "SS2601", "TG14" */
	code: string;
	number: number;
	label: Words;
	definition?: Partial<Words>;
	domain?: number;
	other?: boolean;
	signs?: Term[];
}

export interface Scale {
	/** In the order of SCALES (ui/scores.tsx). */
	key: string;
	label: Words;
	definition?: Partial<Words>;
	levels: Words[];
}

export interface Omaha {
	version: string;
	notice: Words;
	domains: { key: string; label: Words }[];
	problems: Term[];
	targets: Term[];
	scales: Scale[];
}

export function useOmaha(): Omaha | undefined {
	return useData<Omaha>("/api/omaha", []).data;
}

/** Without case, accents and ligatures. */
export function folded(text: string): string {
	return text.toLowerCase().replace(/œ/g, "oe").replace(/æ/g, "ae").normalize("NFD").replace(/\p{M}/gu, "");
}

/** Terms that hold every word of `text` at the beginning of a word, in either language, in their label, their signs or as code; by label first. */
export function found(terms: Term[], text: string): Term[] {
	const wanted = folded(text).split(/[^a-z0-9]+/).filter(Boolean);
	if (wanted.length === 0) return terms;
	const holds = (words: string): boolean => {
		const there = folded(words).split(/[^a-z0-9]+/);
		return wanted.every((word) => there.some((one) => one.startsWith(word)));
	};
	const label = (term: Term): string => `${term.label.fr} ${term.label.en} ${term.code}`;
	const byLabel = terms.filter((term) => holds(label(term)));
	const bySign = terms.filter((term) => !byLabel.includes(term) && term.signs?.some((sign) => holds(label(sign))));
	return [...byLabel, ...bySign];
}

/** What a record is about, in the user's language where it is the term's own name: words that were typed stay what they are. */
export function targetName(omaha: Omaha | undefined, item: { target?: string; targetCode?: unknown }): string {
	const term = omaha?.targets.find((one) => one.code === item.targetCode || one.number === item.targetCode);
	const said = item.target ?? "";
	const isTerms = term && [term.label.fr, term.label.en].some((label) => folded(label) === folded(said));
	const name = isTerms ? say(term.label) : said;
	return name.charAt(0).toLocaleUpperCase() + name.slice(1);
}
