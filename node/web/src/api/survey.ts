/* Replies about questionnaires (node/survey/README.md). */
import type { Words } from "./types";

export interface Question {
	number: number;
	name: string;
	type: "yes-no" | "scale" | "choice" | "text";
	label: Words;
	choices?: { name: string; label: Words }[];
}

export interface Questionnaire {
	number: number;
	version: number;
	name?: string;
	audience?: "patient" | "carer" | "nurse";
	label?: Words;
	note?: Words;
	questions?: Question[];
}

export interface Campaign {
	id: string;
	title: string;
	questionnaire: Questionnaire;
	from: string;
	until: string;
	state: "open" | "closed";
	isOver: boolean;
	forms: number;
	batches: number;
	/** Forms that wait on this device; -1: they cannot be read. */
	waiting: number;
}

export interface ShownCell {
	name: string;
	count: number | null;
	atLeast: boolean;
}

/** What facilitators are shown. */
export interface Shown {
	id: string;
	title?: string;
	forms?: number;
	from?: string;
	until?: string;
	questionnaire?: number;
	texts?: string;
	questions?: { number: number; name?: string; cells: ShownCell[] }[];
}

export interface ResultQuestion {
	number: number;
	name?: string;
	label?: Words;
	answered: number;
	open: number;
	mean?: string;
	percent?: string;
	cells: { name: string; count: number }[];
}

export interface Results extends Campaign {
	questions: ResultQuestion[];
	collected: { id: string; week: string; forms: number; paper: number }[];
	typedTwice: { number: string; batches: [string, string] }[];
	texts: { question: number; name?: string; text: string }[];
	shown: Shown | null;
}

export interface Hand {
	token: string;
	title: string;
	questionnaire: Questionnaire;
}

export type Answers = Record<string, string | number>;

/** How a cell of a question is called; a scale's are its numbers. */
export function cellLabel(question: Question | undefined, name: string, noAnswer: string): Words | string {
	if (name === "no-answer") return noAnswer;
	return question?.choices?.find((choice) => choice.name === name)?.label ?? name;
}
