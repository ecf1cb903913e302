/* GET /api/patients/P/vitals: measures over time, of visits and outside (node/vitals/README.md). Numbers come as texts, in the vital's own unit. */
import type { Vital } from "./schema";
import type { Words } from "./types";

export interface Value {
	at: string;
	value: string;
	from: "visit" | "vital";
	id: string;
	context?: string;
	unusual?: boolean;
	beyond?: "low" | "high";
	opinion?: "suspect" | "confirmed";
	why?: string;
}

export interface Limits {
	low?: string;
	high?: string;
	disputed?: boolean;
}

export interface Followed {
	type: string;
	unit: string;
	label: Words;
	count: number;
	last?: Value;
	lowest?: Value;
	highest?: Value;
	change?: string;
	limits?: Limits;
	values: Value[];
}

export interface Vitals {
	vitals: Followed[];
	attention: (Words & { type: string; urgency: "now" | "soon"; day: string })[];
	notHere?: number;
}

/** A number of the schema's, which counts in the vital's last decimal place. */
export function scaled(vital: Vital, number: number): number {
	return number / 10 ** vital.scale;
}

/** The number of what was typed in the vital's own unit; undefined: none, or with another unit, which the program reads. */
export function plainNumber(vital: Vital, typed: string): number | undefined {
	const parts = /^\s*(\d+(?:[.,]\d+)?)\s*(\S.*)?$/.exec(typed);
	if (!parts?.[1] || (parts[2] && parts[2].trim() !== vital.unit)) return undefined;
	return Number(parts[1].replace(",", "."));
}
