/* A planned visit in a list of the week: when, at whom, whose; what one may do with it; who should take it where nobody does. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Person, RoundVisit, Words } from "../api/types";
import { useCares } from "../session";
import { say, t, tn } from "../words";
import { clock, duration, shortDay } from "../words/dates";
import { ConflictsOf } from "./conflict";
import { ErrorNotice } from "./notice";
import { VisitActions } from "./round-actions";
import { useMe } from "./week";

interface Proposal extends Words {
	nurse: Person;
	visits: number;
	load: number;
}

type Proposed = RoundVisit & { proposals: Proposal[] };

export function VisitMarks({ visit }: { visit: RoundVisit }) {
	const loud = new Set(["unclaimed", "twice", "missed", "differing"]);
	return (
		<>
			{visit.marks.filter((mark) => mark !== "byHand").map((mark) => (
				<span key={mark} class={`tag ${loud.has(mark) ? "bad" : "warn"}`}>{t(`round.mark.${mark}`)}</span>
			))}
			{visit.state !== "planned" ? <span class={`tag ${visit.state === "done" ? "good" : "warn"}`}>{t(`round.state.${visit.state}`)}</span> : null}
			{visit.cabinet ? <a class="tag" href={`#/cabinets/${visit.cabinet.id}?day=${visit.day}`}>{t("week.cabinet", { name: visit.cabinet.name })}</a> : null}
		</>
	);
}

/** Whoever knows the patient best, with the reason; nothing is given by itself. */
function Proposals({ visit, day }: { visit: RoundVisit; day: string }) {
	const isMe = useMe();
	const [error, setError] = useState<ApiError>();
	const all = useData<{ visits: Proposed[] }>(`/api/round/proposals?day=${day}`, ["news", "work"]).data?.visits ?? [];
	const proposals = all.find((one) => one.id === visit.id)?.proposals ?? [];
	async function give(to: Person): Promise<void> {
		setError(undefined);
		await ask("POST", "/api/round/hand-over", { patient: visit.patient, day, id: visit.id, to: to.id }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	if (proposals.length === 0) return null;
	return (
		<div class="tight proposals">
			<p class="small quiet">{t("week.proposals")}</p>
			<ul class="tight">
				{proposals.map((one) => (
					<li key={one.nurse.id} class="row apart">
						<span class="proposal"><strong>{one.nurse.name}</strong> <span class="small quiet">{say(one)}</span></span>
						{isMe(one.nurse) ? <span class="tag">{t("hours.you")}</span> : <button type="button" onClick={() => void give(one.nurse)}>{t("week.give", { name: one.nurse.name.split(" ")[0] ?? "" })}</button>}
					</li>
				))}
			</ul>
			{error ? <ErrorNotice error={error} /> : null}
		</div>
	);
}

/** `loud`: what wants somebody stands open; `withDay`: which day it is on is not said around it. */
export function WeekVisit({ visit, day, loud }: { visit: RoundVisit; day: string; loud?: boolean }) {
	const isMe = useMe();
	const acts = useCares();
	const mine = visit.owners.some(isMe);
	const unclaimed = visit.marks.includes("unclaimed") && visit.state === "planned";
	return (
		<li class={`week-visit tight ${visit.state}${loud ? " loud" : ""}`}>
			<div class="row apart">
				<h3>
					<span class="time">{clock(visit.at)}</span> <a href={`#/patients/${visit.patient}`}>{visit.name}</a>
				</h3>
				{visit.minutes ? <span class="quiet small">{duration(visit.minutes)}</span> : null}
			</div>
			<div class="row">
				<VisitMarks visit={visit} />
				{visit.owners.length ? <span class="small">{visit.owners.map((owner) => owner.name).join(", ")}</span> : null}
				{visit.absent?.map((away) => <span key={away.id} class="tag warn">{t("round.away", { name: away.name })}</span>)}
				{visit.handedBy ? <span class="quiet small">{t("round.handedBy", { name: visit.handedBy.name })}</span> : null}
			</div>
			{visit.took ? <p class="quiet small">{t("round.took", { name: visit.took.nurse.name, from: clock(visit.took.start), to: clock(visit.took.end) })}</p> : null}
			{visit.movedTo ? <p class="small">{t("round.movedTo", { day: shortDay(visit.movedTo) })}</p> : null}
			{visit.why ? <p class="quiet small">{t("round.why", { why: visit.why })}</p> : null}
			{loud && visit.marks.some((mark) => mark === "twice" || mark === "differing") ? <ConflictsOf patient={visit.patient} record={visit.id} /> : null}
			{acts ? (
				<div class="row">
					<VisitActions visit={visit} day={day} mine={mine} further={<a class="button" href={`#/patients/${visit.patient}/recurrence`}>{t("week.rhythm")}</a>} />
				</div>
			) : null}
			{loud && unclaimed && acts ? <Proposals visit={visit} day={day} /> : null}
		</li>
	);
}

export function VisitCount({ count }: { count: number }) {
	return <span class="quiet small">{tn("week.visits", count)}</span>;
}
