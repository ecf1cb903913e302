/* The hours of a week against what was agreed: time with patients and other time of each, and what stands in two of them. */
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { go, place, type Screen } from "../router";
import { useStatus } from "../session";
import { RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { language, say, t, tn } from "../words";
import { addDays, clock, dayOf, duration, longDay, shortDay } from "../words/dates";

interface Hours {
	nurse: string;
	name: string;
	visits: number;
	patientMinutes: number;
	totalMinutes: number;
	activities: { activity: string; label: Words; minutes: number }[];
	patientPerMille: number;
	overlapMinutes: number;
	overlaps: { from: string; until: string }[];
}

interface Week {
	from: string;
	until: string;
	nurses: Hours[];
	patientMinutes: number;
	totalMinutes: number;
	patientPerMille: number;
	aimPerMille: number;
}

function percent(perMille: number): string {
	return (perMille / 10).toLocaleString(language(), { maximumFractionDigits: 1 });
}

function Share({ label, perMille, aim }: { label: string; perMille: number; aim: number }) {
	return (
		<div class="tight">
			<div class="share" aria-hidden="true">
				<span class={`share-done${perMille >= aim ? " reached" : ""}`} style={{ width: `${Math.min(100, perMille / 10)}%` }} />
				<span class="share-aim" style={{ insetInlineStart: `${aim / 10}%` }} />
			</div>
			<p class="small">{label} <strong>{t("hours.percent", { n: percent(perMille) })}</strong> <span class="quiet">{t("hours.aim", { n: percent(aim) })}</span></p>
		</div>
	);
}

function Nurse({ hours, aim, self }: { hours: Hours; aim: number; self: boolean }) {
	return (
		<li class="card stack">
			<div class="row apart">
				<h2>{hours.name}{self ? ` (${t("hours.you")})` : ""}</h2>
				<strong>{duration(hours.totalMinutes)}</strong>
			</div>
			<Share label={t("hours.withPatients", { time: duration(hours.patientMinutes), visits: tn("week.visits", hours.visits) })} perMille={hours.patientPerMille} aim={aim} />
			{hours.activities.length ? (
				<dl class="facts">
					{hours.activities.map((one) => (
						<>
							<dt>{say(one.label)}</dt>
							<dd>{duration(one.minutes)}</dd>
						</>
					))}
				</dl>
			) : <p class="quiet small">{t("hours.noOther")}</p>}
			{hours.overlapMinutes ? (
				<Notice kind="warn">
					{t("hours.overlap", { time: duration(hours.overlapMinutes) })}
					<ul class="tight small">{hours.overlaps.map((one) => <li key={one.from}>{longDay(dayOf(one.from))} {clock(one.from)}–{clock(one.until)}</li>)}</ul>
				</Notice>
			) : null}
		</li>
	);
}

function HoursView() {
	const me = useStatus()?.person ?? "";
	const day = place().query.get("day") ?? dayOf();
	const from = useData<Week>(`/api/times/summary?day=${day}`, ["news", "visit"]);
	const to = (other: string): void => go(`/hours?day=${other}`, true);
	return (
		<ScreenFrame title={t("hours.title")} backTo="/more">
			<a class="button" href="#/hours/new"><Icon name="plus" size={20} /> {t("hours.new")}</a>
			<div class="row apart daybar">
				<button type="button" class="round-button" aria-label={t("week.before")} onClick={() => to(addDays(day, -7))}><Icon name="back" /></button>
				<strong class="middle">{from.data ? t("week.from", { from: shortDay(from.data.from).slice(0, 5), to: shortDay(from.data.until) }) : " "}</strong>
				<button type="button" class="round-button" aria-label={t("week.after")} onClick={() => to(addDays(day, 7))}><Icon name="next" /></button>
			</div>
			<Loaded from={from}>
				{(week) => week.nurses.length === 0 ? <p class="empty card">{t("hours.none")}</p> : (
					<>
						<section class="card stack">
							<h2>{t("hours.team")}</h2>
							<Share label={t("hours.teamShare", { patients: duration(week.patientMinutes), total: duration(week.totalMinutes) })} perMille={week.patientPerMille} aim={week.aimPerMille} />
						</section>
						<ul class="stack">
							{[...week.nurses].sort((a, b) => Number(me.startsWith(b.nurse)) - Number(me.startsWith(a.nurse)) || a.name.localeCompare(b.name)).map((hours) => (
								<Nurse key={hours.nurse} hours={hours} aim={week.aimPerMille} self={me.startsWith(hours.nurse)} />
							))}
						</ul>
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

function NewView() {
	const done = (): void => go("/hours", true);
	return (
		<ScreenFrame title={t("hours.new")} under={t("hours.newWhat")} backTo="/hours">
			<RecordForm kind="timeEntry" fields={["activity", "start", "end", "note"]} onSaved={done} onCancel={done} />
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/hours", view: HoursView, under: "/more", more: { order: 42, label: "hours.title", icon: "clock", roles: ["nurse", "billing", "locum"] } };
export const screenNew: Screen = { path: "/hours/new", view: NewView, under: "/more" };
