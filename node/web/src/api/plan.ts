/* The care plan of a patient as GET /api/patients/ID/plan tells it (node/api_plan.c): problems with their ratings, goals and items. */
import { choiceOf, type Schema } from "./schema";
import { useData, type Data } from "./store";
import type { Age, OpenProblem, Rec, Score, Words } from "./types";
import { say } from "../words";

export interface Rating extends Rec, Score {
	problem: string;
	at: string;
	nurse?: string;
	rated?: string;
	note?: string;
	reason?: string;
}

export interface Rhythm extends Partial<Words> {
	is: "rule" | "words" | "unreadable" | "none";
	rule?: string;
	next?: string;
	proposed?: Words & { rule: string };
}

export interface PlanItem extends Rec {
	category?: string;
	target?: string;
	detail?: string;
	recurrence?: string;
	state?: string;
	action?: string;
	assignee?: string;
	partner?: string;
	from?: string;
	until?: string;
	rhythm: Rhythm;
}

export interface Goal extends Rec {
	words?: string;
	targetDate?: string;
	outcome?: string;
	note?: string;
}

export interface PlanProblem extends OpenProblem {
	state?: string;
	scope?: string;
	priority?: string;
	signCodes?: string[];
	ratings: Rating[];
	first?: Score;
	items: PlanItem[];
	goals: Goal[];
	due?: { day: string; late: boolean; everyDays: number; said: boolean };
	retired?: boolean;
	foreign?: boolean;
}

export interface PlanNote extends Words {
	what: string;
	id: string;
	day?: string;
	late: boolean;
}

export interface CarePlan {
	problems: PlanProblem[];
	otherItems: PlanItem[];
	otherGoals: Goal[];
	attention: PlanNote[];
	day: string;
	age: Age;
	/** An early copy of a colleague, which the log has not confirmed yet. */
	unverified?: unknown;
}

export function usePlan(patient: string): Data<CarePlan> {
	return useData<CarePlan>(`/api/patients/${patient}/plan`);
}

export function problemName(problem: OpenProblem): string {
	return problem.name || say(problem.label) || problem.code;
}

/** "PB38 · Réel · Famille": what qualifies a problem, without what goes without saying. */
export function problemWords(schema: Schema | undefined, problem: PlanProblem): string {
	const severity = problem.severity ? say(choiceOf(schema, "problem", "severity", problem.severity)) : "";
	const scope = problem.scope && problem.scope !== "individual" ? say(choiceOf(schema, "problem", "scope", problem.scope)) : "";
	return [problem.code, severity, scope].filter(Boolean).join(" · ");
}

const PRIORITY: Record<string, number> = { high: 0, low: 2 };

/** Urgent ones first, then by name: the order of a list that people come back to. */
export function inOrder(problems: PlanProblem[]): PlanProblem[] {
	const rank = (problem: PlanProblem): number => PRIORITY[problem.priority ?? ""] ?? 1;
	return [...problems].sort((a, b) => rank(a) - rank(b) || problemName(a).localeCompare(problemName(b)) || a.id.localeCompare(b.id));
}

export function itemsInOrder(items: PlanItem[]): PlanItem[] {
	const words = (item: PlanItem): string => `${item.target ?? ""} ${item.detail ?? ""} ${item.id}`;
	return [...items].sort((a, b) => words(a).localeCompare(words(b)));
}
