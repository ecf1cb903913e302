/* Measures, each with its unit, what is usual, and what a doctor wants of this patient; said while one types, and never in the way. */
import type { Problem } from "../api/client";
import type { Schema, Vital } from "../api/schema";
import { plainNumber, scaled, type Limits } from "../api/vitals";
import { decimal, say, t } from "../words";
import { Problems, TextInput } from "./inputs";

const FIRST = ["sys", "dia", "pulse", "temp", "spo2", "gluc", "pain", "kg"];

export function limitsWords(limits: Limits): string {
	const { low, high } = limits;
	if (low !== undefined && high !== undefined) return t("vitals.between", { low: decimal(low), high: decimal(high) });
	return low !== undefined ? t("vitals.above", { low: decimal(low) }) : t("vitals.below", { high: decimal(high ?? "") });
}

function hintOf(vital: Vital, typed: string, limits: Limits | undefined): string {
	const number = plainNumber(vital, typed);
	if (number === undefined) return "";
	if (number < scaled(vital, vital.lowest) || number > scaled(vital, vital.highest)) return t("vitals.hintImpossible");
	if (number < scaled(vital, vital.min) || number > scaled(vital, vital.max)) return t("vitals.hintUnusual");
	if ((limits?.low !== undefined && number < Number(limits.low)) || (limits?.high !== undefined && number > Number(limits.high))) return t("vitals.hintBeyond");
	return "";
}

function Measure({ vital, typed, limits, onType }: { vital: Vital; typed: string; limits: Limits | undefined; onType: (typed: string) => void }) {
	const hint = hintOf(vital, typed, limits);
	const usual = t("vitals.usual", { low: decimal(String(scaled(vital, vital.min))), high: decimal(String(scaled(vital, vital.max))) });
	return (
		<div class="measure">
			<TextInput id={`measure-${vital.name}`} label={say(vital.label)} unit={vital.unit} mode="decimal" value={typed} onInput={onType} help={limits ? t("vitals.own", { range: limitsWords(limits) }) : usual} />
			<span class="hint" aria-live="polite">{hint}</span>
		</div>
	);
}

interface MeasuresProps {
	schema: Schema;
	value: unknown;
	limits: Record<string, Limits | undefined>;
	problems: Problem[];
	onValue: (value: unknown) => void;
}

export function Measures({ schema, value, limits, problems, onValue }: MeasuresProps) {
	const typed = (value ?? {}) as Record<string, string>;
	const type = (name: string, text: string): void => {
		const next = { ...typed };
		if (text.trim() === "") delete next[name];
		else next[name] = text;
		onValue(Object.keys(next).length ? next : null);
	};
	const one = (vital: Vital) => <Measure key={vital.name} vital={vital} typed={String(typed[vital.name] ?? "")} limits={limits[vital.name]} onType={(text) => type(vital.name, text)} />;
	const usual = FIRST.flatMap((name) => schema.vitals.find((vital) => vital.name === name) ?? []);
	const rest = schema.vitals.filter((vital) => !FIRST.includes(vital.name));
	return (
		<section class="card stack">
			<div class="measures">{usual.map(one)}</div>
			<details open={rest.some((vital) => typed[vital.name])}>
				<summary>{t("visit.moreVitals")}</summary>
				<div class="measures">{rest.map(one)}</div>
			</details>
			<Problems id="measures-said" problems={problems} />
		</section>
	);
}
