/* How often, chosen in the words of nurses, kept as the rule that visits are planned by (node/plan/README.md, section 1). A rule that says more than can be chosen
 * here is shown, and stays as it is until somebody changes it. */
import { useState } from "preact/hooks";
import { say, t, tn } from "../words";
import { weekdayName } from "../words/dates";
import type { FieldProps } from "./field";
import { Choices, Problems, TextInput } from "./inputs";

const DAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
const PARTS = [8, 12, 16, 19, 22]; /* hours that have a name */

export interface Rule {
	freq: "DAILY" | "WEEKLY" | "MONTHLY";
	interval: number;
	days: string[];
	hours: number[];
}

/** Undefined: words, or more than stands in a Rule. */
export function readRule(text: string): Rule | undefined {
	if (!/^FREQ=/i.test(text)) return undefined;
	const parts = new Map(text.toUpperCase().split(";").map((part) => part.split("=", 2) as [string, string]));
	if ([...parts.keys()].some((name) => !["FREQ", "INTERVAL", "BYDAY", "BYHOUR"].includes(name))) return undefined;
	const freq = parts.get("FREQ") as Rule["freq"];
	const days = parts.get("BYDAY")?.split(",") ?? [];
	const hours = (parts.get("BYHOUR") ?? "8").split(",").map(Number);
	const interval = Number(parts.get("INTERVAL") ?? 1);
	const isPlain = ["DAILY", "WEEKLY", "MONTHLY"].includes(freq) && (freq === "WEEKLY" || days.length === 0) && days.every((day) => DAYS.includes(day));
	return isPlain && [interval, ...hours].every(Number.isInteger) ? { freq, interval, days, hours } : undefined;
}

function writeRule({ freq, interval, days, hours }: Rule): string {
	const parts = [`FREQ=${freq}`];
	if (interval > 1) parts.push(`INTERVAL=${interval}`);
	if (freq === "WEEKLY" && days.length) parts.push(`BYDAY=${DAYS.filter((day) => days.includes(day)).join(",")}`);
	if (hours.length) parts.push(`BYHOUR=${[...hours].sort((a, b) => a - b).join(",")}`);
	return parts.join(";");
}

function hourName(hour: number): string {
	return PARTS.includes(hour) ? t(`rhythm.part.${hour}`) : t("rhythm.hour", { n: hour });
}

/** "tous les 2 jours, matin, soir" */
export function ruleWords({ freq, interval, days, hours }: Rule): string {
	const every = freq === "DAILY" ? tn("rhythm.daily", interval) : freq === "WEEKLY" ? tn("rhythm.weekly", interval) : tn("rhythm.monthly", interval);
	return [every, ...DAYS.flatMap((day, place) => (days.includes(day) ? [weekdayName(place, "long")] : [])), ...hours.map(hourName)].join(", ");
}

/** Several of a few, each a target of its own. */
function Several({ legend, options, chosen, onChange }: { legend: string; options: { value: string; text: string; whole?: string }[]; chosen: string[]; onChange: (chosen: string[]) => void }) {
	return (
		<fieldset class="choices">
			<legend>{legend}</legend>
			{options.map((option) => (
				<label key={option.value} class="choice">
					<input type="checkbox" aria-label={option.whole ?? option.text} checked={chosen.includes(option.value)} onChange={(event) => onChange(event.currentTarget.checked ? [...chosen, option.value] : chosen.filter((one) => one !== option.value))} />
					<span>{option.text}</span>
				</label>
			))}
		</fieldset>
	);
}

const FRESH: Record<string, Rule> = {
	day: { freq: "DAILY", interval: 1, days: [], hours: [8] },
	week: { freq: "WEEKLY", interval: 1, days: [], hours: [8] },
	month: { freq: "MONTHLY", interval: 1, days: [], hours: [8] },
};

function RuleParts({ id, rule, onRule }: { id: string; rule: Rule; onRule: (rule: Rule) => void }) {
	const hours = [...new Set([...PARTS, ...rule.hours])].sort((a, b) => a - b);
	return (
		<>
			{rule.freq === "WEEKLY" ? (
				<Several legend={t("rhythm.weekdays")} options={DAYS.map((day, place) => ({ value: day, text: weekdayName(place, "short"), whole: weekdayName(place, "long") }))} chosen={rule.days} onChange={(days) => onRule({ ...rule, days })} />
			) : null}
			<TextInput
				id={`${id}-interval`}
				label={rule.freq === "WEEKLY" ? t("rhythm.everyWeeks") : t("rhythm.every")}
				unit={rule.freq === "DAILY" ? t("rhythm.days") : rule.freq === "WEEKLY" ? t("rhythm.weeks") : t("rhythm.months")}
				help={rule.freq === "MONTHLY" ? t("rhythm.monthHelp") : undefined}
				mode="numeric"
				value={String(rule.interval)}
				onInput={(typed) => /^\d{1,3}$/.test(typed) && Number(typed) > 0 && onRule({ ...rule, interval: Number(typed) })}
			/>
			<Several legend={t("rhythm.moments")} options={hours.map((hour) => ({ value: String(hour), text: hourName(hour) }))} chosen={rule.hours.map(String)} onChange={(chosen) => onRule({ ...rule, hours: chosen.map(Number) })} />
			<p class="quiet" role="status">{t("rhythm.so", { words: ruleWords(rule) })}</p>
		</>
	);
}

export function RhythmField({ kind, field, value, onValue, problems }: FieldProps) {
	const id = `${kind.name}-${field.name}`;
	const text = String(value ?? "");
	const rule = readRule(text);
	const [isOther, setOther] = useState(text !== "" && !rule);
	const mode = isOther ? "other" : rule?.freq === "DAILY" ? "day" : rule?.freq === "WEEKLY" ? "week" : rule ? "month" : "";
	function choose(next: string): void {
		setOther(next === "other");
		const fresh = FRESH[next];
		if (fresh) onValue(writeRule({ ...fresh, hours: rule?.hours ?? fresh.hours }));
		else if (next === "") onValue(null);
	}
	return (
		<div class="stack rhythm">
			<Choices
				id={`${id}-mode`}
				label={say(field.label)}
				options={["day", "week", "month", "other"].map((one) => ({ value: one, text: t(`rhythm.mode.${one}`) }))}
				value={mode}
				onChoose={choose}
				clears
			/>
			{mode === "other" ? <TextInput id={id} label={t("rhythm.other")} help={t("rhythm.otherHelp")} value={text} onInput={(typed) => onValue(typed || null)} problems={problems} /> : null}
			{rule && mode !== "other" ? <RuleParts id={id} rule={rule} onRule={(next) => onValue(writeRule(next))} /> : null}
			{mode === "other" ? null : <Problems id={`${id}-said`} problems={problems} />}
		</div>
	);
}
