/* The week of the team, by day and by nurse: what nobody took, or two took, stands first and loud; how much each has. */
import { useState } from "preact/hooks";
import type { Person, PlannedDay, Planning } from "../api/types";
import { go, place, type Screen } from "../router";
import { Icon } from "../ui/icons";
import { Select } from "../ui/inputs";
import { Notice } from "../ui/notice";
import { Plot } from "../ui/plot";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Age } from "../ui/trust";
import { counts, isLoud, isOf, loadOf, mondayOf, nursesOf, usePlanning, WEEK_DAYS } from "../ui/week";
import { VisitCount, WeekVisit } from "../ui/week-visit";
import { t, tn } from "../words";
import { addDays, dayOf, longDay, shortDay, weekday } from "../words/dates";

/* Of the plot: above that many nurses their visits are one colour. */
const PLOT_COLOURS = 8;

function to(query: Record<string, string>): void {
	go(`/week?${new URLSearchParams(query).toString()}`, true);
}

function WeekBar({ from }: { from: string }) {
	const today = mondayOf(dayOf());
	return (
		<div class="row apart daybar">
			<button type="button" class="round-button" aria-label={t("week.before")} onClick={() => to({ from: addDays(from, -WEEK_DAYS) })}><Icon name="back" /></button>
			<span class="tight middle">
				<strong>{t("week.from", { from: shortDay(from).slice(0, 5), to: shortDay(addDays(from, WEEK_DAYS - 1)) })}</strong>
				{from === today ? <span class="quiet small">{t("week.this")}</span> : <button type="button" class="plain" onClick={() => to({ from: today })}>{t("week.toThis")}</button>}
			</span>
			<button type="button" class="round-button" aria-label={t("week.after")} onClick={() => to({ from: addDays(from, WEEK_DAYS) })}><Icon name="next" /></button>
		</div>
	);
}

/** Seven days, each with how many visits, and how many of them want somebody. */
function DayStrip({ days, chosen, from }: { days: PlannedDay[]; chosen: string; from: string }) {
	return (
		<div class="week-days" role="group" aria-label={t("week.days")}>
			{days.map((day) => {
				const visits = day.visits.filter(counts).length;
				const loud = day.visits.filter(isLoud).length;
				return (
					<button
						key={day.day}
						type="button"
						aria-pressed={day.day === chosen}
						onClick={() => to({ from, day: day.day })}
					>
						<span class="small">{weekday(day.day)}</span>
						<strong>{Number(day.day.slice(8))}</strong>
						<span class="unseen">, {tn("week.visits", visits)}{loud ? `, ${tn("week.loud", loud)}` : ""}</span>
						<span class={loud ? "week-alarm" : "small quiet"} aria-hidden="true">{loud ? `${loud} !` : visits || "–"}</span>
					</button>
				);
			})}
		</div>
	);
}

/** What is missing in words, before anything else. */
function Lacking({ days, from }: { days: PlannedDay[]; from: string }) {
	const today = dayOf();
	const open = days.filter((day) => day.day >= today && (day.unclaimed || day.twice));
	if (open.length === 0) return null;
	return (
		<Notice kind="bad">
			<strong>{t("week.lacking")}</strong>
			<ul class="tight">
				{open.map((day) => (
					<li key={day.day}>
						<a class="lacking" href={`#/week?from=${from}&day=${day.day}`}>{t("week.lackingOn", { day: longDay(day.day), what: [day.unclaimed ? tn("week.unclaimed", day.unclaimed) : "", day.twice ? tn("week.twice", day.twice) : ""].filter(Boolean).join(", ") })}</a>
					</li>
				))}
			</ul>
		</Notice>
	);
}

function Group({ title, visits, day, loud, beside }: { title: string; visits: PlannedDay["visits"]; day: string; loud?: boolean; beside?: string }) {
	if (visits.length === 0) return null;
	return (
		<section class={`card stack${loud ? " week-loud" : ""}`}>
			<div class="row apart">
				<h2>{title} {beside ? <span class="tag warn">{beside}</span> : null}</h2>
				<VisitCount count={visits.filter(counts).length} />
			</div>
			<ul class="week-list">{visits.map((visit) => <WeekVisit key={visit.id} visit={visit} day={day} {...(loud ? { loud } : {})} />)}</ul>
		</section>
	);
}

function DayView({ day, nurses }: { day: PlannedDay; nurses: Person[] }) {
	const loud = day.visits.filter(isLoud);
	const calm = day.visits.filter((visit) => !isLoud(visit));
	const others = calm.filter((visit) => !nurses.some((nurse) => isOf(visit, nurse.id)));
	return (
		<>
			<h2 class="day-title">{longDay(day.day)}</h2>
			{day.absent.length ? <p><span class="tag warn">{t("week.absent")}</span> {day.absent.map((person) => person.name).join(", ")}</p> : null}
			{day.visits.length === 0 ? <p class="empty card">{t("week.empty")}</p> : null}
			<Group title={t("week.toSettle")} visits={loud} day={day.day} loud />
			<div class="two">
				{nurses.map((nurse) => (
					<Group key={nurse.id} title={nurse.name} visits={calm.filter((visit) => isOf(visit, nurse.id))} day={day.day} beside={day.absent.some((away) => away.id === nurse.id) ? t("week.absent") : ""} />
				))}
				<Group title={t("week.others")} visits={others} day={day.day} />
			</div>
		</>
	);
}

function NurseView({ days, nurses, chosen, from }: { days: PlannedDay[]; nurses: Person[]; chosen: string; from: string }) {
	const hers = days.map((day) => ({ day, visits: day.visits.filter((visit) => isOf(visit, chosen)) }));
	return (
		<>
			<Select id="week-nurse" label={t("week.whose")} options={nurses.map((nurse) => ({ value: nurse.id, text: nurse.name }))} value={chosen} onChoose={(nurse) => to({ from, by: "nurse", nurse })} />
			{chosen && hers.every(({ visits }) => visits.length === 0) ? <p class="empty card">{t("week.noneHers")}</p> : null}
			{hers.map(({ day, visits }) => (
				<Group key={day.day} title={longDay(day.day)} visits={visits} day={day.day} beside={day.absent.some((away) => away.id === chosen) ? t("week.absent") : ""} />
			))}
		</>
	);
}

/** How much each has, day by day: looked at, and to be read. */
function Load({ days, nurses, from }: { days: PlannedDay[]; nurses: Person[]; from: string }) {
	const points = (of: (day: PlannedDay) => number) => days.map((day) => ({ at: day.day, value: of(day) }));
	const total = (day: PlannedDay): number => day.visits.filter(counts).length;
	const nobodys = { label: t("week.nobodys"), points: points((day) => day.unclaimed) };
	const hers = nurses.map((nurse) => ({ label: nurse.name, points: points((day) => loadOf(day, nurse.id)) }));
	const together = { label: t("week.somebodys"), points: points((day) => total(day) - day.unclaimed) };
	return (
		<section class="card stack">
			<h2>{t("week.load")}</h2>
			<Plot
				title={t("week.loadPlot")}
				summary={t("week.loadSummary", { total: days.reduce((sum, day) => sum + total(day), 0), open: days.reduce((sum, day) => sum + day.unclaimed, 0) })}
				unit={t("week.loadUnit")}
				series={[...(hers.length < PLOT_COLOURS ? hers : [together]), nobodys]}
				kind="bars"
				min={0}
				max={Math.max(...days.map(total)) + 1}
			/>
			<div class="wide-table" tabIndex={0} role="region" aria-label={t("week.load")}>
				<table class="week-table">
					<thead>
						<tr>
							<th scope="col">{t("week.nurse")}</th>
							{days.map((day) => <th key={day.day} scope="col"><abbr title={longDay(day.day)}>{weekday(day.day, "narrow")}</abbr></th>)}
							<th scope="col">{t("week.sum")}</th>
						</tr>
					</thead>
					<tbody>
						{nurses.map((nurse) => {
							const loads = days.map((day) => loadOf(day, nurse.id));
							return (
								<tr key={nurse.id}>
									<th scope="row"><a class="target" href={`#/week?from=${from}&by=nurse&nurse=${nurse.id}`}>{nurse.name}</a></th>
									{days.map((day, index) => <td key={day.day}>{day.absent.some((away) => away.id === nurse.id) ? <abbr class="warn-text" title={t("week.absent")}>{t("week.abs")}</abbr> : loads[index] || "·"}</td>)}
									<td><strong>{loads.reduce((sum, load) => sum + load, 0)}</strong></td>
								</tr>
							);
						})}
						<tr class="week-open">
							<th scope="row">{t("week.nobodys")}</th>
							{days.map((day) => <td key={day.day}>{day.unclaimed || "·"}</td>)}
							<td><strong>{days.reduce((sum, day) => sum + day.unclaimed, 0)}</strong></td>
						</tr>
					</tbody>
				</table>
			</div>
		</section>
	);
}

function Week({ planning, from }: { planning: Planning; from: string }) {
	const query = place().query;
	const [byLoad, setByLoad] = useState(false);
	const today = dayOf();
	const inWeek = planning.days.some((day) => day.day === today);
	const chosen = query.get("day") ?? (inWeek ? today : from);
	const byNurse = query.get("by") === "nurse";
	const nurses = nursesOf(planning.days);
	const day = planning.days.find((one) => one.day === chosen) ?? planning.days[0];
	return (
		<>
			<div class="row apart">
				<Age age={planning.age} />
				<a class="button" href="#/absences">{t("week.absences")}</a>
			</div>
			<Lacking days={planning.days} from={from} />
			<div class="row tabs">
				<button type="button" class="button" aria-current={byNurse || byLoad ? undefined : "true"} onClick={() => { setByLoad(false); to({ from }); }}>{t("week.byDay")}</button>
				<button type="button" class="button" aria-current={byNurse && !byLoad ? "true" : undefined} onClick={() => { setByLoad(false); to({ from, by: "nurse" }); }}>{t("week.byNurse")}</button>
				<button type="button" class="button" aria-current={byLoad ? "true" : undefined} onClick={() => setByLoad(true)}>{t("week.byLoad")}</button>
			</div>
			{byLoad ? <Load days={planning.days} nurses={nurses} from={from} /> : byNurse ? (
				<NurseView days={planning.days} nurses={nurses} chosen={query.get("nurse") ?? nurses[0]?.id ?? ""} from={from} />
			) : (
				<>
					<DayStrip days={planning.days} chosen={chosen} from={from} />
					{day ? <DayView day={day} nurses={nurses} /> : null}
				</>
			)}
		</>
	);
}

function WeekView() {
	const from = mondayOf(place().query.get("from") ?? dayOf());
	const planning = usePlanning(from);
	return (
		<ScreenFrame title={t("week.title")} backTo="/more">
			<WeekBar from={from} />
			<Loaded from={planning}>{(data) => <Week planning={data} from={from} />}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/week", view: WeekView, under: "/more", more: { order: 30, label: "week.title", icon: "week", roles: ["nurse", "billing", "locum", "reader"] } };
