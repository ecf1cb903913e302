/* The life of the team: how far sharing, facilitation, training and visits of peers are from what was agreed; its meetings, newest first. */
import { choiceOf, useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Holder, Rec, Words } from "../api/types";
import { go, place, type Screen } from "../router";
import { useIsNurse } from "../session";
import { RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { Loaded, ScreenFrame } from "../ui/screen";
import { language, say, t, tn } from "../words";
import { nowMoment } from "../words/clock";
import { dayOf, duration, shortDay, when } from "../words/dates";
import { EVENT_FIELDS } from "./meeting";

interface Year {
	year: number;
	types: { type: string; label: Words; count: number; minutes: number }[];
	sharing: { everyDays: number; lastOn: string | null; daysSince?: number; dueOn?: string; late?: boolean; longestGapDays: number };
	facilitation: { minutes: number; weeks: number; minutesPerWeek: number; expectedPerWeek: number };
	peerVisits: { count: number; expected: number };
	interTeam: { count: number; expected: number };
	training: { omahaExpected: number; selfOrganizationExpected: number };
	people: { id: string; name?: string; sharings: number; peerVisits: number; interTeam: number; trainingMinutes: number; omahaMinutes: number; selfOrganizationMinutes: number }[];
	doubled: { count: number; minutes: number };
	leaving: { id: string; name?: string; until: string }[];
}

function Aim({ title, text, value, of, late }: { title: string; text: string; value: number; of: number; late?: boolean | undefined }) {
	return (
		<li class="tight aim">
			<div class="row apart">
				<strong>{title}</strong>
				<span class={`tag ${late ? "bad" : value >= of ? "good" : ""}`}>{late ? t("meetings.late") : value >= of ? t("meetings.reached") : t("meetings.underWay")}</span>
			</div>
			<progress value={Math.min(value, of)} max={of} aria-label={title} />
			<p class="quiet small">{text}</p>
		</li>
	);
}

function Sharing({ year }: { year: Year }) {
	const { sharing } = year;
	if (!sharing.lastOn) return <Aim title={t("meetings.sharing")} text={t("meetings.noSharing", { days: sharing.everyDays })} value={0} of={1} />;
	const since = sharing.daysSince ?? 0;
	return (
		<Aim
			title={t("meetings.sharing")}
			text={`${t("meetings.lastSharing", { day: shortDay(sharing.lastOn), ago: since ? tn("meetings.days", since) : t("round.today") })} ${sharing.dueOn ? t("meetings.nextSharing", { day: shortDay(sharing.dueOn) }) : ""}`}
			value={Math.max(0, sharing.everyDays - since) > 0 ? sharing.everyDays : 0}
			of={sharing.everyDays}
			late={sharing.late}
		/>
	);
}

/** What each attended this year. */
function Training({ year }: { year: Year }) {
	if (year.people.length === 0) return null;
	const hours = (minutes: number, of: number): string => t("meetings.hoursOf", { done: (Math.round(minutes / 6) / 10).toLocaleString(language()), of: Math.round(of / 60) });
	return (
		<section class="card stack">
			<h2>{t("meetings.eachOne", { year: year.year })}</h2>
			<ul class="stack">
				{year.people.map((person) => (
					<li key={person.id} class="tight">
						<h3>{person.name ?? person.id}</h3>
						<dl class="facts">
							<dt>{t("meetings.sharings")}</dt><dd>{person.sharings}</dd>
							<dt>{t("meetings.omaha")}</dt><dd>{hours(person.omahaMinutes, year.training.omahaExpected)}</dd>
							<dt>{t("meetings.selfOrganization")}</dt><dd>{hours(person.selfOrganizationMinutes, year.training.selfOrganizationExpected)}</dd>
							<dt>{t("meetings.peers")}</dt><dd>{person.peerVisits}</dd>
						</dl>
					</li>
				))}
			</ul>
		</section>
	);
}

function Summary({ year }: { year: Year }) {
	const { facilitation, peerVisits, interTeam } = year;
	return (
		<>
			<section class="card stack">
				<h2>{t("meetings.agreed")}</h2>
				<ul class="stack">
					<Sharing year={year} />
					<Aim title={t("meetings.facilitation")} text={t("meetings.facilitationOf", { done: duration(facilitation.minutesPerWeek), of: duration(facilitation.expectedPerWeek) })} value={facilitation.minutesPerWeek} of={facilitation.expectedPerWeek} />
					<Aim title={t("meetings.peerVisits")} text={t("meetings.ofYear", { done: peerVisits.count, of: peerVisits.expected, year: year.year })} value={peerVisits.count} of={peerVisits.expected} />
					<Aim title={t("meetings.interTeam")} text={t("meetings.ofYear", { done: interTeam.count, of: interTeam.expected, year: year.year })} value={interTeam.count} of={interTeam.expected} />
				</ul>
			</section>
			{year.doubled.count ? <p class="card">{tn("meetings.doubled", year.doubled.count, { time: duration(year.doubled.minutes) })}</p> : null}
			<Training year={year} />
			{year.leaving.map((one) => <p key={one.id}>{t("meetings.leaving", { name: one.name ?? one.id, day: shortDay(dayOf(one.until)) })}</p>)}
		</>
	);
}

function Meetings({ events }: { events: Rec[] }) {
	const schema = useSchema();
	const newest = [...events].sort((a, b) => String(b.at).localeCompare(String(a.at)));
	if (newest.length === 0) return <p class="empty card">{t("meetings.none")}</p>;
	return (
		<ul class="rows">
			{newest.map((event) => (
				<li key={event.id}>
					<a class={`line${event.corrected ? " struck" : ""}`} href={`#/meetings/${event.id}`}>
						<span class="line-text">
							<strong>{say(choiceOf(schema, "practiceEvent", "type", event.type))}{event.topic ? ` · ${String(event.topic)}` : ""}</strong>
							<span class="quiet small">{when(String(event.at))} · {duration(Number(event.minutes ?? 0))}{event.place ? ` · ${String(event.place)}` : ""}</span>
						</span>
						<Icon name="next" size={20} />
					</a>
				</li>
			))}
		</ul>
	);
}

function MeetingsView() {
	const year = Number(place().query.get("year") ?? dayOf().slice(0, 4));
	const figures = useData<Year>(`/api/practice/summary?year=${year}`);
	const events = useData<{ records: Rec[]; holders?: Holder[] }>("/api/records/practiceEvent?limit=500");
	const minutes = useData<{ records: Rec[] }>("/api/records/minutes?limit=200").data?.records ?? [];
	const alone = minutes.filter((one) => !one.event).sort((a, b) => String(b.heldOn).localeCompare(String(a.heldOn)));
	const writes = useIsNurse();
	return (
		<ScreenFrame title={t("meetings.title")} backTo="/more">
			{writes ? <a class="button" href="#/meetings/new"><Icon name="plus" size={20} /> {t("meetings.new")}</a> : null}
			<Loaded from={figures}>{(one) => <Summary year={one} />}</Loaded>
			<section class="tight">
				<h2>{t("meetings.list")}</h2>
				<Loaded from={events}>{({ records }) => <Meetings events={records} />}</Loaded>
			</section>
			{alone.length ? (
				<section class="tight">
					<h2>{t("meetings.minutesAlone")}</h2>
					<ul class="rows">
						{alone.map((one) => (
							<li key={one.id}>
								<a class="line" href={`#/minutes/${one.id}`}>
									<span class="line-text"><strong>{String(one.title)}</strong><span class="quiet small">{shortDay(String(one.heldOn))}</span></span>
									<Icon name="next" size={20} />
								</a>
							</li>
						))}
					</ul>
				</section>
			) : null}
		</ScreenFrame>
	);
}

function NewView() {
	return (
		<ScreenFrame title={t("meetings.new")} under={t("meetings.newWhat")} backTo="/meetings">
			<RecordForm kind="practiceEvent" fields={EVENT_FIELDS} preset={{ at: nowMoment() }} onSaved={(saved) => go(`/meetings/${saved.id}`, true)} onCancel={() => go("/meetings", true)} />
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/meetings", view: MeetingsView, under: "/more", more: { order: 36, label: "meetings.title", icon: "meeting", roles: ["nurse", "billing", "locum", "reader", "facilitator"] } };
export const screenNew: Screen = { path: "/meetings/new", view: NewView, under: "/more" };
