/* Rows of indicators and their definitions (node/indicators/README.md), and how a number of one is said. */
import { t } from "../words";
import { euros, number, percent } from "../words/money";
import { useData, type Data } from "./store";
import type { Words } from "./types";

export interface Definition {
	id: string;
	group: string;
	form: "count" | "share" | "mean" | "ratio";
	class: "people" | "team" | "observed";
	unit: string;
	version: number;
	name: Words;
	definition: Words;
	numerator: Words;
	denominator: Words | null;
	written: ("month" | "year")[];
	mixes: string[];
}

export interface Row {
	month: string;
	period: "month" | "quarter" | "year";
	indicator: string;
	stratum: string;
	numerator: number | null;
	denominator: number | null;
	value: number | null;
	suppressed: boolean;
	source: string;
}

export interface Rows {
	rows: Row[];
	missing: string[];
	broken: (Words & { month: string })[];
	exact: boolean;
}

/** The routes of a team of this program; "": of the first one. */
export function apiOf(team: string): string {
	return team ? `/api/teams/${encodeURIComponent(team)}` : "/api";
}

export function useDefinitions(team = ""): Definition[] {
	return useData<{ definitions: Definition[] }>(`${apiOf(team)}/indicators/definitions`, []).data?.definitions ?? [];
}

export function useRows(team: string, query: string): Data<Rows> {
	return useData<Rows>(`${apiOf(team)}/indicators?${query}`, ["news"]);
}

/** Of this one only years are written for others: months would tell too few. */
export function isYearly(definition: Definition): boolean {
	return definition.written.includes("year") && !definition.written.includes("month");
}

/** A number of this indicator: "312", "62,5 %", "3,2 jours", "13,49 €". */
export function said(definition: Definition, value: number): string {
	if (definition.unit === "c") return euros(Math.round(value));
	if (definition.form === "share" || definition.form === "ratio") return percent(value);
	const text = number(value, definition.form === "mean" ? 1 : 0);
	if (definition.unit === "j") return t("indicators.unit.days", { n: text });
	if (definition.unit === "min") return t("indicators.unit.min", { n: text });
	return definition.unit ? `${text} ${definition.unit}` : text;
}

/** What a row says; undefined: it is not shown. */
export function rowText(definition: Definition, row: Row | undefined): string | undefined {
	if (!row || row.numerator === null) return undefined;
	if (row.value === null) return t("base.nothing");
	return said(definition, row.value);
}

/** What a plot draws: per cent and euros as people read them. */
export function plotted(definition: Definition, row: Row): number | null {
	if (row.value === null) return null;
	if (definition.unit === "c") return row.value / 100;
	return definition.form === "share" || definition.form === "ratio" ? row.value * 100 : row.value;
}

export function plotUnit(definition: Definition): string {
	if (definition.unit === "c") return "€";
	if (definition.form === "share" || definition.form === "ratio") return "%";
	return definition.unit === "j" ? t("indicators.days") : definition.unit;
}
