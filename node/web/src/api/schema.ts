/* GET /api/schema: the kinds of records, their fields, labels and choices. Asked once: it is part of the program. */
import { useData } from "./store";
import type { Words } from "./types";

export interface Choice {
	number: number;
	name: string;
	label: Words;
}

export type FieldType = "text" | "date" | "instant" | "after" | "int" | "decimal" | "enum" | "ref" | "short" | "shorts" | "codes" | "bool" | "cents" | "minutes" | "vitals" | "bytes";

export interface FieldOf {
	number: number;
	name: string;
	type: FieldType;
	class: "safety" | "ordinary" | "narrative" | "fact";
	required: boolean;
	label: Words;
	unit?: string;
	min?: number;
	max?: number;
	scale?: number;
	refers?: number;
	preset?: number;
	set?: boolean;
	rule?: string;
	choices?: Choice[];
}

export interface Kind {
	number: number;
	name: string;
	document: number;
	shape: "one" | "many" | "event";
	isMade: boolean;
	title: string[];
	label: Words;
	fields: FieldOf[];
}

export interface Vital {
	number: number;
	name: string;
	scale: number;
	min: number;
	max: number;
	lowest: number;
	highest: number;
	unit: string;
	otherUnits: string[];
	label: Words;
}

export interface Doc {
	number: number;
	name: string;
	per: "team" | "person" | "patient" | "itself";
}

export interface Schema {
	kinds: Kind[];
	vitals: Vital[];
	documents: Doc[];
}

export function useSchema(): Schema | undefined {
	return useData<Schema>("/api/schema", []).data;
}

export function kindOf(schema: Schema | undefined, name: string): Kind | undefined {
	return schema?.kinds.find((kind) => kind.name === name);
}

/** The label of a choice of a field, or the name itself where it is not known. */
export function choiceOf(schema: Schema | undefined, kind: string, field: string, name: unknown): Words {
	const choice = kindOf(schema, kind)
		?.fields.find((one) => one.name === field)
		?.choices?.find((one) => one.name === name);
	return choice?.label ?? { fr: String(name ?? ""), en: String(name ?? "") };
}
