/* What a nurse does with a planned visit: take it, give it, accept it, give it back, note that it does not take place. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { RoundVisit } from "../api/types";
import { t } from "../words";
import { Select, TextInput, Tick } from "./inputs";
import { ErrorNotice } from "./notice";

type What = "claim" | "accept" | "release" | "hand-over" | "cancel" | "restore";
/* What is said before it is done: to whom, why. */
const ASKED: readonly What[] = ["release", "hand-over", "cancel"];

interface Member {
	person: string;
	role: string;
	state: string;
	self: boolean;
	name?: { firstName?: string; lastName?: string };
}

export function memberName(member: Member): string {
	return [member.name?.firstName, member.name?.lastName].filter(Boolean).join(" ") || member.person.slice(0, 8);
}

/** Colleagues who may have visits, each once. */
export function useColleagues(): { value: string; text: string }[] {
	const members = useData<{ members: Member[] }>("/api/members").data?.members ?? [];
	const seen = new Set<string>();
	return members
		.filter((member) => member.state === "active" && !member.self && ["nurse", "billing", "locum"].includes(member.role))
		.filter((member) => !seen.has(member.person) && seen.add(member.person))
		.map((member) => ({ value: member.person, text: memberName(member) }));
}

function possible(visit: RoundVisit, mine: boolean): What[] {
	if (visit.state === "cancelled" || visit.state === "away" || visit.state === "moved") return ["restore"];
	if (visit.state !== "planned") return [];
	const list: What[] = [];
	if (!mine || visit.marks.includes("unclaimed")) list.push("claim");
	if (mine && visit.marks.includes("unaccepted")) list.push("accept");
	if (mine) list.push("hand-over", "release");
	list.push("cancel");
	return list;
}

export function VisitActions({ visit, day, mine }: { visit: RoundVisit; day: string; mine: boolean }) {
	const [what, setWhat] = useState<What>();
	const [reason, setReason] = useState("");
	const [to, setTo] = useState("");
	const [away, setAway] = useState(false);
	const [error, setError] = useState<ApiError>();
	const colleagues = useColleagues();
	const actions = possible(visit, mine);
	const loud = actions.filter((one) => one === "claim" || one === "accept");
	const rest = actions.filter((one) => one !== "claim" && one !== "accept" && (one !== "hand-over" || colleagues.length > 0));

	async function act(one: What): Promise<void> {
		setError(undefined);
		const body: Record<string, unknown> = { patient: visit.patient, day, id: visit.id };
		if (reason.trim()) body.reason = reason.trim();
		if (one === "hand-over") body.to = to;
		if (one === "cancel" && away) body.away = true;
		try {
			await ask("POST", `/api/round/${one}`, body);
			setWhat(undefined);
			setReason("");
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}

	return (
		<>
			{loud.map((one) => (
				<button key={one} type="button" class={mine ? "primary" : ""} onClick={() => void act(one)}>{t(`round.do.${one}`)}</button>
			))}
			{rest.length ? (
				<details class="actions">
					<summary class="button plain">{t("round.more")}</summary>
					<div class="row">
						{rest.map((one) => (
							<button key={one} type="button" aria-pressed={what === one} onClick={() => (ASKED.includes(one) ? setWhat(what === one ? undefined : one) : void act(one))}>
								{t(`round.do.${one}`)}
							</button>
						))}
					</div>
				</details>
			) : null}
			{what ? (
				<form class="stack card asked" onSubmit={(event) => { event.preventDefault(); void act(what); }}>
					{what === "hand-over" ? <Select id={`to-${visit.id}`} label={t("round.to")} options={colleagues} value={to} onChoose={setTo} required /> : null}
					<TextInput id={`why-${visit.id}`} label={t("round.reason")} value={reason} onInput={setReason} required={what !== "hand-over"} />
					{what === "cancel" ? <Tick checked={away} onChange={setAway}>{t("round.patientAway")}</Tick> : null}
					<div class="row">
						<button class="primary">{t(`round.confirm.${what}`)}</button>
						<button type="button" onClick={() => setWhat(undefined)}>{t("base.cancel")}</button>
					</div>
				</form>
			) : null}
			{error ? <ErrorNotice error={error} /> : null}
		</>
	);
}
