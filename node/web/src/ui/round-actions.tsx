/* What a nurse does with a planned visit: take it, give it, accept it, give it back, note that it does not take place. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Rec, RoundVisit } from "../api/types";
import { t } from "../words";
import { Select, TextInput, Tick } from "./inputs";
import { ErrorNotice } from "./notice";

type What = "claim" | "accept" | "refuse" | "take" | "release" | "hand-over" | "cabinet" | "cancel" | "restore";
/* What is said before it is done: to whom, why. */
const ASKED: readonly What[] = ["refuse", "take", "release", "hand-over", "cabinet", "cancel"];
const LOUD: readonly What[] = ["claim", "accept", "refuse"];
/* Who refuses gives it back to the team, with the reason; who takes it from a colleague claims it. */
const REQUEST: Partial<Record<What, string>> = { refuse: "release", take: "claim" };

export interface Member {
	person: string;
	role: string;
	state: string;
	self: boolean;
	name?: { firstName?: string; lastName?: string };
}

export function memberName(member: Member): string {
	return [member.name?.firstName, member.name?.lastName].filter(Boolean).join(" ") || member.person.slice(0, 8);
}

/** Everybody of the team, each once, whatever number of devices she has. */
export function useMembers(): Member[] {
	const members = useData<{ members: Member[] }>("/api/members").data?.members ?? [];
	const mine = new Set(members.filter((member) => member.self).map((member) => member.person));
	const seen = new Set<string>();
	return members
		.filter((member) => member.state === "active" && member.role !== "relay")
		.filter((member) => !seen.has(member.person) && seen.add(member.person))
		.map((member) => ({ ...member, self: mine.has(member.person) }));
}

/** Colleagues who may have visits. */
export function useColleagues(): { value: string; text: string }[] {
	return useMembers()
		.filter((member) => !member.self && ["nurse", "billing", "locum"].includes(member.role))
		.map((member) => ({ value: member.person, text: memberName(member) }));
}

function possible(visit: RoundVisit, mine: boolean): What[] {
	if (visit.state === "cancelled" || visit.state === "away" || visit.state === "moved") return ["restore"];
	if (visit.state !== "planned") return [];
	const list: What[] = [];
	const nobodys = visit.marks.includes("unclaimed");
	const offered = mine && visit.marks.includes("unaccepted");
	if (nobodys) list.push("claim");
	else if (!mine || visit.owners.length > 1) list.push("take");
	if (offered) list.push("accept", "refuse");
	list.push("hand-over");
	if (mine && !offered && !nobodys) list.push("release");
	list.push("cabinet", "cancel");
	return list;
}

/** Night cabinets and colleagues outside the team, as the directory names them. */
function useCabinets(): { value: string; text: string }[] {
	const entries = useData<{ records: Rec[] }>("/api/records/directoryEntry").data?.records ?? [];
	return entries.map((entry) => ({ value: entry.id, text: [entry.organization, entry.name, entry.firstName].filter(Boolean).join(" ") }));
}

/** What is not loud, once somebody looks: a list of a day has many visits. */
function Rest({ visit, list, what, onPick }: { visit: RoundVisit; list: What[]; what: What | undefined; onPick: (what: What) => void }) {
	const isAlone = useColleagues().length === 0;
	const noCabinet = useCabinets().length === 0 && !visit.cabinet;
	return (
		<>
			{list.filter((one) => (one !== "hand-over" || !isAlone) && (one !== "cabinet" || !noCabinet)).map((one) => (
				<button key={one} type="button" aria-pressed={what === one} onClick={() => onPick(one)}>{t(`round.do.${one}`)}</button>
			))}
		</>
	);
}

interface Said {
	reason: string;
	to: string;
	away: boolean;
}

/** What is said before it is done. */
function Asked({ visit, what, onDo, onCancel }: { visit: RoundVisit; what: What; onDo: (said: Said) => void; onCancel: () => void }) {
	const [reason, setReason] = useState("");
	const [to, setTo] = useState("");
	const [away, setAway] = useState(false);
	const colleagues = useColleagues();
	const cabinets = useCabinets();
	return (
		<form class="stack card asked" onSubmit={(event) => { event.preventDefault(); onDo({ reason: reason.trim(), to, away }); }}>
			{what === "hand-over" ? <Select id={`to-${visit.id}`} label={t("round.to")} options={colleagues} value={to} onChoose={setTo} required /> : null}
			{what === "cabinet" ? <Select id={`cabinet-${visit.id}`} label={t("round.cabinet")} options={cabinets} value={to} onChoose={setTo} /> : null}
			{what === "refuse" ? <p>{t("round.refuseWhat")}</p> : null}
			{what === "cabinet" ? null : <TextInput id={`why-${visit.id}`} label={t("round.reason")} value={reason} onInput={setReason} required={what !== "hand-over"} />}
			{what === "cancel" ? <Tick checked={away} onChange={setAway}>{t("round.patientAway")}</Tick> : null}
			<div class="row">
				<button class="primary">{t(`round.confirm.${what}`)}</button>
				<button type="button" onClick={onCancel}>{t("base.cancel")}</button>
			</div>
		</form>
	);
}

/** `further`: what else may be done, behind the same button. */
export function VisitActions({ visit, day, mine, further }: { visit: RoundVisit; day: string; mine: boolean; further?: ComponentChildren }) {
	const [what, setWhat] = useState<What>();
	const [isOpen, setOpen] = useState(false);
	const [error, setError] = useState<ApiError>();
	const actions = possible(visit, mine);
	const rest = actions.filter((one) => !LOUD.includes(one));

	async function act(one: What, said: Partial<Said> = {}): Promise<void> {
		setError(undefined);
		const body: Record<string, unknown> = { patient: visit.patient, day, id: visit.id };
		if (said.reason) body.reason = said.reason;
		if (one === "hand-over") body.to = said.to;
		if (one === "take") body.take = true;
		if (one === "cabinet") body.cabinet = said.to || null;
		if (one === "cancel" && said.away) body.away = true;
		try {
			await ask("POST", `/api/round/${REQUEST[one] ?? one}`, body);
			setWhat(undefined);
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	function pick(one: What): void {
		setError(undefined);
		if (ASKED.includes(one)) setWhat(what === one ? undefined : one);
		else void act(one);
	}

	return (
		<>
			{actions.filter((one) => LOUD.includes(one)).map((one) => (
				<button key={one} type="button" class={one !== "refuse" && mine ? "primary" : ""} aria-pressed={ASKED.includes(one) ? what === one : undefined} onClick={() => pick(one)}>{t(`round.do.${one}`)}</button>
			))}
			{rest.length || further ? (
				<details class="actions" onToggle={(event) => setOpen(event.currentTarget.open)}>
					<summary class="button plain">{t("round.more")}</summary>
					<div class="row">
						{isOpen ? <Rest visit={visit} list={rest} what={what} onPick={pick} /> : null}
						{further}
					</div>
				</details>
			) : null}
			{what ? <Asked key={what} visit={visit} what={what} onDo={(said) => void act(what, said)} onCancel={() => setWhat(undefined)} /> : null}
			{error ? <ErrorNotice error={error} /> : null}
		</>
	);
}
