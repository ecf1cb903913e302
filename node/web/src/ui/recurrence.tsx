/* How often something is done, chosen in words: which days, which times, until when; the node says it back and names the next dates. */
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { say, t } from "../words";
import { longDay, weekdayName } from "../words/dates";
import { Choices, Select, TextInput } from "./inputs";
import { Notice } from "./notice";
import { PARTS, WEEKDAYS, type Every, type Rhythm } from "./rule";

const EVERY: readonly Every[] = ["day", "days", "week", "month"];
function toggled<T>(list: readonly T[], one: T, on: boolean): T[] {
	return on ? [...list.filter((other) => other !== one), one] : list.filter((other) => other !== one);
}

interface Preview extends Words {
	next: { day: string; hours: number[] }[];
}

/** As it would be read, and when it would be next. */
export function RecurrencePreview({ rule, from }: { rule: string; from: string }) {
	const asked = rule ? `/api/recurrence?rule=${encodeURIComponent(rule)}${from ? `&from=${from}` : ""}` : null;
	const { data, error } = useData<Preview>(asked, []);
	if (!rule) return <Notice kind="calm">{t("recurrence.choose")}</Notice>;
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

export function RecurrenceEditor({ rhythm, onChange }: { rhythm: Rhythm; onChange: (rhythm: Rhythm) => void }) {
	const set = (change: Partial<Rhythm>): void => onChange({ ...rhythm, ...change });
	const odd = rhythm.hours.filter((hour) => !(PARTS as readonly number[]).includes(hour));
	return (
		<>
			<Choices id="rhythm-every" label={t("recurrence.every")} options={EVERY.map((every) => ({ value: every, text: t(`recurrence.every.${every}`) }))} value={rhythm.every} onChoose={(every) => set({ every: every as Every, interval: every === "days" ? Math.max(2, rhythm.interval) : 1 })} />
			{rhythm.every === "days" ? <TextInput id="rhythm-interval" label={t("recurrence.interval")} mode="numeric" value={String(rhythm.interval || "")} onInput={(typed) => set({ interval: Math.min(366, Number(typed.replace(/\D/g, "")) || 0) })} /> : null}
			{rhythm.every === "month" ? <TextInput id="rhythm-month-day" label={t("recurrence.monthDay")} mode="numeric" value={String(rhythm.monthDay || "")} onInput={(typed) => set({ monthDay: Math.min(31, Number(typed.replace(/\D/g, "")) || 0) })} /> : null}
			{rhythm.every === "week" ? (
				<>
					<fieldset class="choices">
						<legend>{t("recurrence.weekdays")}</legend>
						{WEEKDAYS.map((day, index) => (
							<label key={day} class="choice">
								<input type="checkbox" checked={rhythm.weekdays.includes(day)} onChange={(event) => set({ weekdays: toggled(rhythm.weekdays, day, event.currentTarget.checked) })} />
								<span>{weekdayName(index, "long")}</span>
							</label>
						))}
					</fieldset>
					<Select id="rhythm-weeks" label={t("recurrence.weeks")} options={[1, 2, 3, 4].map((n) => ({ value: String(n), text: t(`recurrence.weeks.${n}`) }))} value={String(rhythm.interval)} onChoose={(n) => set({ interval: Number(n) || 1 })} />
				</>
			) : null}
			<fieldset class="choices">
				<legend>{t("recurrence.times")}</legend>
				{PARTS.map((hour) => (
					<label key={hour} class="choice">
						<input type="checkbox" checked={rhythm.hours.includes(hour)} onChange={(event) => set({ hours: toggled(rhythm.hours, hour, event.currentTarget.checked) })} />
						<span>{t(`recurrence.part.${hour}`)}</span>
					</label>
				))}
				{odd.map((hour) => (
					<label key={hour} class="choice">
						<input type="checkbox" checked onChange={() => set({ hours: toggled(rhythm.hours, hour, false) })} />
						<span>{t("recurrence.hour", { h: hour })}</span>
					</label>
				))}
			</fieldset>
			<Select
				id="rhythm-hour"
				label={t("recurrence.otherHour")}
				options={Array.from({ length: 24 }, (_, hour) => hour).filter((hour) => !rhythm.hours.includes(hour)).map((hour) => ({ value: String(hour), text: t("recurrence.hour", { h: hour }) }))}
				value=""
				onChoose={(hour) => hour && set({ hours: toggled(rhythm.hours, Number(hour), true) })}
			/>
			<TextInput id="rhythm-until" label={t("recurrence.until")} help={t("recurrence.untilHelp")} type="date" value={rhythm.until} onInput={(until) => set({ until })} />
		</>
	);
}
