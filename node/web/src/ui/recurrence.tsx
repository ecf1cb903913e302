/* How often something is done, chosen in words: which days, which times, until when; the node says it back and names the next dates. */
import { useState } from "preact/hooks";
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { say, t } from "../words";
import { longDay, weekdayName } from "../words/dates";
import type { FieldProps } from "./field";
import { Choices, Problems, Select, TextInput } from "./inputs";
import { Notice } from "./notice";
import { DAILY, EVERY, isRule, isWhole, PARTS, readRule, ruleOf, WEEKDAYS, type Rhythm } from "./rule";

interface Preview extends Words {
	next: { day: string; hours: number[] }[];
}

/** A rule as the node says it; `from` is the day that it begins. */
export function useRule(rule: string, from = ""): { data: Preview | undefined; error: unknown } {
	return useData<Preview>(rule ? `/api/recurrence?rule=${encodeURIComponent(rule)}${from ? `&from=${from}` : ""}` : null, []);
}

/** As it would be read, and when it would be next. */
export function RecurrencePreview({ rule, from }: { rule: string; from: string }) {
	const rhythm = readRule(rule);
	const isAsked = rule !== "" && (!rhythm || isWhole(rhythm));
	const { data, error } = useRule(isAsked ? rule : "", from);
	if (!isAsked) return <Notice kind="calm">{t("recurrence.choose")}</Notice>;
	if (error) return <Notice kind="bad" live>{t("recurrence.wrong")}</Notice>;
	if (!data) return null;
	return (
		<div class="card tight rhythm-preview" role="status">
			<strong>{say(data)}</strong>
			{data.next.length === 0 ? <p class="problem">{t("recurrence.never")}</p> : (
				<>
					<p class="quiet small">{t("recurrence.next")}</p>
					<ol class="tight">{data.next.map((one) => <li key={one.day}>{longDay(one.day)} <span class="quiet">{one.hours.map((hour) => t("recurrence.hour", { h: hour })).join(", ")}</span></li>)}</ol>
				</>
			)}
		</div>
	);
}

/** Several of a few, each a target of its own. */
function Several<T extends string | number>({ legend, options, chosen, onChange }: { legend: string; options: { value: T; text: string }[]; chosen: readonly T[]; onChange: (chosen: T[]) => void }) {
	return (
		<fieldset class="choices">
			<legend>{legend}</legend>
			{options.map(({ value, text }) => (
				<label key={value} class="choice">
					<input type="checkbox" checked={chosen.includes(value)} onChange={(event) => onChange([...chosen.filter((other) => other !== value), ...(event.currentTarget.checked ? [value] : [])])} />
					<span>{text}</span>
				</label>
			))}
		</fieldset>
	);
}

function Whole({ id, label, help, value, most, onValue }: { id: string; label: string; help?: string; value: number; most: number; onValue: (value: number) => void }) {
	return <TextInput id={id} label={label} help={help} mode="numeric" value={String(value || "")} onInput={(typed) => onValue(Math.min(most, Number(typed.replace(/\D/g, "")) || 0))} />;
}

/* On which days: by how often. */
function Days({ id, rhythm, set }: { id: string; rhythm: Rhythm; set: (change: Partial<Rhythm>) => void }) {
	const { every, interval } = rhythm;
	if (every === "days") return <Whole id={`${id}-interval`} label={t("recurrence.interval")} value={interval} most={366} onValue={(n) => set({ interval: n })} />;
	if (every === "month")
		return (
			<>
				<Whole id={`${id}-interval`} label={t("recurrence.months")} value={interval} most={24} onValue={(n) => set({ interval: n })} />
				<Whole id={`${id}-month-day`} label={t("recurrence.monthDay")} help={t("recurrence.monthDayHelp")} value={rhythm.monthDay} most={31} onValue={(n) => set({ monthDay: n })} />
			</>
		);
	if (every === "week")
		return (
			<>
				<Several legend={t("recurrence.weekdays")} options={WEEKDAYS.map((day, index) => ({ value: day as string, text: weekdayName(index, "long") }))} chosen={rhythm.weekdays} onChange={(weekdays) => set({ weekdays })} />
				<Select id={`${id}-weeks`} label={t("recurrence.weeks")} options={[1, 2, 3, 4].map((n) => ({ value: String(n), text: t(`recurrence.weeks.${n}`) }))} value={String(interval)} onChoose={(n) => set({ interval: Number(n) || 1 })} />
			</>
		);
	return null;
}

function hourName(hour: number): string {
	return (PARTS as readonly number[]).includes(hour) ? t(`recurrence.part.${hour}`) : t("recurrence.hour", { h: hour });
}

/** What a rule consists of; how often at all is `RecurrenceEditor`'s. */
function Chosen({ id, rhythm, hasEnd, onRule }: { id: string; rhythm: Rhythm; hasEnd: boolean; onRule: (rule: string) => void }) {
	const set = (change: Partial<Rhythm>): void => onRule(ruleOf({ ...rhythm, ...change }));
	const hours = [...PARTS, ...rhythm.hours.filter((hour) => !(PARTS as readonly number[]).includes(hour))];
	return (
		<>
			<Days id={id} rhythm={rhythm} set={set} />
			<Several legend={t("recurrence.times")} options={hours.map((hour) => ({ value: hour, text: hourName(hour) }))} chosen={rhythm.hours} onChange={(chosen) => set({ hours: chosen })} />
			<Select
				id={`${id}-hour`}
				label={t("recurrence.otherHour")}
				options={Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => !rhythm.hours.includes(hour)).map((hour) => ({ value: String(hour), text: t("recurrence.hour", { h: hour }) }))}
				value=""
				onChoose={(hour) => hour && set({ hours: [...rhythm.hours, Number(hour)] })}
			/>
			{hasEnd ? <TextInput id={`${id}-until`} label={t("recurrence.until")} help={t("recurrence.untilHelp")} type="date" value={rhythm.until} onInput={(until) => set({ until })} /> : null}
		</>
	);
}

/** A rule, in and out. Of one that says more than can be chosen here nothing is chosen, until something is. `words`: where a text of one's own may stand instead. */
export function RecurrenceEditor({ id, label = t("recurrence.every"), rule, hasEnd = true, words, onRule }: {
	id: string;
	label?: string;
	rule: string;
	hasEnd?: boolean;
	words?: { chosen: boolean; choose: (chosen: boolean) => void };
	onRule: (rule: string) => void;
}) {
	const rhythm = words?.chosen ? undefined : readRule(rule);
	const options = EVERY.map((every) => ({ value: every as string, text: t(`recurrence.every.${every}`) }));
	if (words) options.push({ value: "words", text: t("recurrence.other") });
	function choose(chosen: string): void {
		words?.choose(chosen === "words");
		const every = EVERY.find((one) => one === chosen);
		onRule(every ? ruleOf({ ...(rhythm ?? DAILY), every, interval: every === "days" ? Math.max(2, rhythm?.interval ?? 0) : 1 }) : "");
	}
	return (
		<>
			<Choices id={`${id}-every`} label={label} options={options} value={words?.chosen ? "words" : (rhythm?.every ?? "")} onChoose={choose} clears={words !== undefined} />
			{rhythm ? <Chosen id={id} rhythm={rhythm} hasEnd={hasEnd} onRule={onRule} /> : null}
		</>
	);
}

/** A field of a form: a rule, or words, from which nothing is planned. From when and until when stands in the record's own fields. */
export function RecurrenceField({ kind, field, value, values, onValue, problems }: FieldProps) {
	const id = `${kind.name}-${field.name}`;
	const text = String(value ?? "");
	const [isWords, setWords] = useState(text !== "" && !isRule(text));
	const [hasEnd] = useState(Boolean(readRule(text)?.until));
	return (
		<div class="stack">
			<RecurrenceEditor id={id} label={say(field.label)} rule={text} hasEnd={hasEnd} words={{ chosen: isWords, choose: setWords }} onRule={(rule) => onValue(rule || null)} />
			{isWords ? <TextInput id={id} label={t("recurrence.words")} help={t("recurrence.wordsHelp")} value={text} onInput={(typed) => onValue(typed || null)} problems={problems} /> : <Problems id={`${id}-said`} problems={problems} />}
			{text && !isWords ? <RecurrencePreview rule={text} from={String(values.from ?? "")} /> : null}
		</div>
	);
}
