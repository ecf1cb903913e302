/* Journey 1: today's round, in order, with what is needed at each door; whose it is, and what nobody took. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { choiceOf, useSchema, type Schema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Item, Rec, Round, RoundVisit } from "../api/types";
import { go, place, type Screen } from "../router";
import { useStatus } from "../session";
import { Icon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Age } from "../ui/trust";
import { say, t, tn } from "../words";
import { addDays, clock, dayOf, duration, longDay, shortDay, when } from "../words/dates";
import { useInTurn } from "../ui/turn";
import { VisitActions } from "../ui/round-actions";

/** One tap: the visit begins, and its screen opens. */
export async function startVisit(patient: string): Promise<void> {
	await ask("POST", `/api/patients/${patient}/visits/start`, {});
	touchAll();
	go("/visit");
}

function Marks({ visit }: { visit: RoundVisit }) {
	const loud = new Set(["twice", "missed", "differing"]);
	const known = visit.marks.filter((mark) => mark !== "byHand");
	return (
		<>
			{known.map((mark) => (
				<span key={mark} class={`tag ${loud.has(mark) ? "bad" : "warn"}`}>{t(`round.mark.${mark}`)}</span>
			))}
			{visit.state !== "planned" ? <span class={`tag ${visit.state === "done" ? "good" : "warn"}`}>{t(`round.state.${visit.state}`)}</span> : null}
		</>
	);
}

function AlertLine({ schema, alerts, allergies }: { schema: Schema | undefined; alerts: Rec[]; allergies: string | undefined }) {
	if (alerts.length === 0 && !allergies) return null;
	return (
		<Notice kind="bad">
			<ul class="tight">
				{alerts.map((alert) => (
					<li key={alert.id}>
						<strong>{say(choiceOf(schema, "alert", "type", alert.type))}</strong> {String(alert.what ?? "")}
						{alert.reaction ? ` · ${String(alert.reaction)}` : ""}
					</li>
				))}
				{allergies ? (
					<li>
						<strong>{t("round.allergies")}</strong> {allergies}
					</li>
				) : null}
			</ul>
		</Notice>
	);
}

function AccessLines({ visit }: { visit: RoundVisit }) {
	const phone = visit.mobile ?? visit.phone;
	const address = [visit.street, visit.complement, [visit.postcode, visit.town].filter(Boolean).join(" ")].filter(Boolean).join(", ");
	return (
		<ul class="tight access">
			{address ? <li><Icon name="pin" size={20} /> <span>{address}</span></li> : null}
			{visit.doorCode || visit.keys ? (
				<li>
					<Icon name="door" size={20} />
					<span>
						{visit.doorCode ? <strong class="code">{visit.doorCode}</strong> : null} {visit.keys}
					</span>
				</li>
			) : null}
			{phone ? <li><Icon name="phone" size={20} /> <a href={`tel:${phone}`}>{phone}</a></li> : null}
		</ul>
	);
}

function Items({ schema, items }: { schema: Schema | undefined; items: Item[] }) {
	if (items.length === 0) return null;
	return (
		<ul class="tight todo">
			{items.map((item) => (
				<li key={item.id}>
					<strong>{item.target}</strong> <span class="quiet">{say(choiceOf(schema, "intervention", "category", item.category))}</span>
					{item.detail ? <span class="prose">{item.detail}</span> : null}
				</li>
			))}
		</ul>
	);
}

function Urgent({ notes }: { notes: Rec[] }) {
	if (notes.length === 0) return null;
	return (
		<Notice kind="warn">
			{notes.map((note) => (
				<p key={note.id}>
					<strong>{String(note.focus ?? "")}</strong> {String(note.data ?? "")} <span class="small">{when(String(note.at ?? ""))}</span>
				</p>
			))}
		</Notice>
	);
}

function VisitCard({ visit, mine, day }: { visit: RoundVisit; mine: boolean; day: string }) {
	const schema = useSchema();
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const open = visit.state === "planned";
	const today = day === dayOf();
	async function start(): Promise<void> {
		setBusy(true);
		try {
			await startVisit(visit.patient);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			setBusy(false);
		}
	}
	return (
		<li class={`card visit tight ${visit.state}`}>
			<div class="row apart">
				<h2>
					<span class="time">{clock(visit.at)}</span> <a href={`#/patients/${visit.patient}`}>{visit.name}</a>
				</h2>
				{visit.minutes ? <span class="quiet">{duration(visit.minutes)}</span> : null}
			</div>
			<div class="row">
				<Marks visit={visit} />
				{!mine || visit.owners.length > 1 ? visit.owners.map((owner) => <span key={owner.id} class="tag">{owner.name}</span>) : null}
				{visit.absent?.map((away) => <span key={away.id} class="tag warn">{t("round.away", { name: away.name })}</span>)}
				{visit.handedBy ? <span class="quiet small">{t("round.handedBy", { name: visit.handedBy.name })}</span> : null}
			</div>
			{visit.took ? <p class="quiet">{t("round.took", { name: visit.took.nurse.name, from: clock(visit.took.start), to: clock(visit.took.end) })}</p> : null}
			{visit.movedTo ? <p>{t("round.movedTo", { day: shortDay(visit.movedTo) })}</p> : null}
			{visit.why ? <p class="quiet">{t("round.why", { why: visit.why })}</p> : null}
			{visit.partial ? <Notice kind="warn">{t("round.partial")}</Notice> : null}
			{open ? (
				<>
					<AlertLine schema={schema} alerts={visit.alerts ?? []} allergies={visit.allergies} />
					<Urgent notes={visit.urgent ?? []} />
					<AccessLines visit={visit} />
					<Items schema={schema} items={visit.items ?? []} />
				</>
			) : null}
			{error ? <ErrorNotice error={error} /> : null}
			<div class="row">
				{open && mine && today ? (
					<button type="button" class="primary" disabled={busy} onClick={() => void start()}>
						<Icon name="play" size={20} /> {t("round.start")}
					</button>
				) : null}
				<VisitActions visit={visit} day={day} mine={mine} />
			</div>
		</li>
	);
}

function DayBar({ day }: { day: string }) {
	const to = (other: string): void => go(`/round?day=${other}`, true);
	return (
		<div class="row apart daybar">
			<button type="button" class="round-button" aria-label={t("round.before")} onClick={() => to(addDays(day, -1))}><Icon name="back" /></button>
			<span class="tight middle">
				<strong>{longDay(day)}</strong>
				{day === dayOf() ? <span class="quiet small">{t("round.today")}</span> : <button type="button" class="plain" onClick={() => to(dayOf())}>{t("round.toToday")}</button>}
			</span>
			<button type="button" class="round-button" aria-label={t("round.after")} onClick={() => to(addDays(day, 1))}><Icon name="next" /></button>
		</div>
	);
}

function ClaimAll({ day, count }: { day: string; count: number }) {
	const [error, setError] = useState<ApiError>();
	async function claim(): Promise<void> {
		setError(undefined);
		await ask("POST", "/api/round/claim", { day, all: true }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	return (
		<>
			{error ? <ErrorNotice error={error} /> : null}
			{count > 1 ? <button type="button" onClick={() => void claim()}>{t("round.claimAll")}</button> : null}
		</>
	);
}

function Round_({ round, day }: { round: Round; day: string }) {
	const left = round.visits.filter((visit) => visit.state === "planned").length;
	const all = round.visits.length + round.unclaimed.length;
	const drawn = useInTurn(all);
	return (
		<>
			<Age age={round.age} />
			{round.visits.length ? <p class="quiet">{left ? tn("round.left", left) : t("round.noneLeft")}</p> : null}
			{round.visits.length === 0 && round.unclaimed.length === 0 ? (
				<div class="empty card">
					<Icon name="round" size={40} />
					<p>{t("round.empty")}</p>
					<a class="button" href="#/patients">{t("round.toPatients")}</a>
				</div>
			) : null}
			<ol class="stack" aria-label={t("round.title")}>
				{round.visits.slice(0, drawn).map((visit) => <VisitCard key={visit.id} visit={visit} mine day={day} />)}
			</ol>
			{drawn === all && round.notPlanned.length ? (
				<section class="tight">
					<h2>{t("round.notPlanned")}</h2>
					<ul class="rows">
						{round.notPlanned.map((took) => (
							<li key={took.visit}>
								<a class="line" href={`#/patients/${took.patient}`}>
									<span class="time">{clock(took.start)}</span>
									<span class="line-text"><strong>{took.name}</strong><span class="quiet small">{clock(took.start)}–{clock(took.end)}</span></span>
								</a>
							</li>
						))}
					</ul>
				</section>
			) : null}
			{drawn === all && round.unclaimed.length ? (
				<section class="stack">
					<div class="row apart">
						<h2>{tn("round.unclaimed", round.unclaimed.length)}</h2>
						<ClaimAll day={day} count={round.unclaimed.length} />
					</div>
					<ol class="stack">{round.unclaimed.map((visit) => <VisitCard key={visit.id} visit={visit} mine={false} day={day} />)}</ol>
				</section>
			) : null}
		</>
	);
}

function RoundView() {
	const day = place().query.get("day") ?? dayOf();
	const status = useStatus();
	const from = useData<Round>(`/api/round?day=${day}`, ["news", "work"]);
	if (status?.role && !["nurse", "billing", "locum"].includes(status.role)) return <ScreenFrame title={t("round.title")}><Notice kind="calm">{t("round.notYours")}</Notice></ScreenFrame>;
	return (
		<ScreenFrame title={t("round.title")}>
			<DayBar day={day} />
			<Loaded from={from}>{(round) => <Round_ round={round} day={day} />}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/round", view: RoundView, nav: { order: 1, label: "base.nav.round", icon: "round", roles: ["nurse", "billing", "locum"] } };
