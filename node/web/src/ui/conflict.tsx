/* Values that were written apart, side by side, each with who wrote it, where and when: one tap to choose; a reason where safety says so. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Words } from "../api/types";
import { useCares, useStatus } from "../session";
import { say, t } from "../words";
import { when } from "../words/dates";
import { Icon } from "./icons";
import { TextInput } from "./inputs";
import { ErrorNotice, Notice } from "./notice";

interface Value {
	op: string;
	words: Words;
	at: string;
	by?: { device: string; name?: string; clock: string; self: boolean };
	reason?: string;
}

export interface Conflict {
	place: string;
	document: { kind: string; id: string; label: Words; title?: string };
	kind: string;
	id: string;
	field: string;
	label: Words;
	kindLabel: Words;
	class: string;
	title?: string;
	values: Value[];
}

/** Of the patient's own fields the name stands above already. */
function nameOf(conflict: Conflict): string {
	if (conflict.kind === "patient") return say(conflict.label);
	return t("conflicts.of", { record: [say(conflict.kindLabel), conflict.title].filter(Boolean).join(" · "), field: say(conflict.label) });
}

/** What was chosen since the program was opened: it can be gone back on. */
interface Settled {
	conflict: Conflict;
	chosen: Value;
	feed: string;
	seq: number;
}

const settled: Settled[] = [];

function useDeviceName(): (value: Value) => string {
	const peers = useStatus()?.peers ?? [];
	return ({ by }) => {
		if (!by) return "";
		if (by.self) return t("conflicts.thisDevice");
		const name = say(peers.find((peer) => peer.device === by.device)?.name);
		return name && name !== by.name ? t("conflicts.deviceOf", { name }) : t("conflicts.device", { id: by.device.slice(0, 4) });
	};
}

function ValueCard({ value, chosen, device, onChoose }: { value: Value; chosen: boolean; device: string; onChoose: () => void }) {
	const may = useCares();
	return (
		<button type="button" class="conflict-value" aria-pressed={chosen} disabled={!may} onClick={onChoose}>
			<strong class="conflict-words">{say(value.words) || t("conflicts.nothing")}</strong>
			<span class="small">{value.by?.name ? t("conflicts.by", { name: value.by.name }) : t("conflicts.unknown")}</span>
			<span class="small quiet">{when(value.at)}{value.by?.clock === "doubtful" ? ` (${t("conflicts.doubtful")})` : ""}</span>
			<span class="small quiet">{device}</span>
			{value.reason ? <span class="small quiet">{t("round.why", { why: value.reason })}</span> : null}
			{may ? <span class="conflict-choose"><Icon name="check" size={16} /> {t("conflicts.choose")}</span> : null}
		</button>
	);
}

/** `within`: it stands in what it is about already. */
export function ConflictCard({ conflict, withWhere, within }: { conflict: Conflict; withWhere?: boolean; within?: boolean }) {
	const deviceName = useDeviceName();
	const [chosen, setChosen] = useState<Value>();
	const [reason, setReason] = useState("");
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const isSafety = conflict.class === "safety";
	const isDossier = conflict.document.kind === "dossier";

	async function settle(value: Value): Promise<void> {
		setBusy(true);
		setError(undefined);
		try {
			const body = { place: conflict.place, saw: conflict.values.map((one) => one.op), choose: value.op, ...(reason.trim() ? { reason: reason.trim() } : {}) };
			const done = await ask<{ feed: string; seq: number }>("POST", "/api/conflicts/resolve", body);
			settled.unshift({ conflict, chosen: value, feed: done.feed, seq: done.seq });
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			if (problem instanceof ApiError && problem.code === "CONFLICT") touchAll();
			setBusy(false);
		}
	}
	function choose(value: Value): void {
		setChosen(value);
		if (!isSafety) void settle(value);
	}

	return (
		<li class={`${within ? "" : "card "}stack conflict`}>
			<div class="tight">
				{withWhere ? (
					<p>
						{isDossier ? <a class="target" href={`#/patients/${conflict.document.id}`}>{conflict.document.title ?? say(conflict.document.label)}</a> : say(conflict.document.label)}
					</p>
				) : null}
				{within ? <h4 class="small">{say(conflict.label)}</h4> : <h2>{nameOf(conflict)}</h2>}
				{isSafety ? <p class="small"><span class="tag bad">{t("conflicts.safety")}</span> {isDossier ? t("conflicts.blocks") : ""}</p> : null}
			</div>
			<div class="conflict-values" role="group" aria-label={say(conflict.label)}>
				{conflict.values.map((value) => <ValueCard key={value.op} value={value} chosen={chosen?.op === value.op} device={deviceName(value)} onChoose={() => choose(value)} />)}
			</div>
			{isSafety && chosen ? (
				<form class="stack" onSubmit={(event) => { event.preventDefault(); void settle(chosen); }}>
					<TextInput id={`reason-${conflict.place}`} label={t("conflicts.reason")} help={t("conflicts.reasonHelp")} value={reason} onInput={setReason} required problems={!reason.trim() && error && error.code === "INVALID" ? [{ fr: t("conflicts.reasonNeeded"), en: t("conflicts.reasonNeeded") }] : []} />
					<button class="primary" disabled={busy}>{t("conflicts.save", { value: say(chosen.words) || t("conflicts.nothing") })}</button>
				</form>
			) : null}
			{error && !(error.code === "INVALID" && !reason.trim()) ? <ErrorNotice error={error} /> : null}
			{isDossier && conflict.kind !== "plannedVisit" ? <a class="target small" href={`#/patients/${conflict.document.id}/edit/${conflict.kind}/${conflict.id}`}>{t("conflicts.other")}</a> : null}
		</li>
	);
}

/** Of one record: where it is shown anyway. */
export function ConflictsOf({ patient, record }: { patient: string; record: string }) {
	const list = useData<{ fields: Conflict[] }>(`/api/conflicts?patient=${patient}`).data?.fields ?? [];
	const here = list.filter((one) => one.id === record);
	return here.length ? <ul class="stack">{here.map((one) => <ConflictCard key={one.place} conflict={one} within />)}</ul> : null;
}

function SettledLine({ one, onGone }: { one: Settled; onGone: () => void }) {
	const [asked, setAsked] = useState(false);
	const [reason, setReason] = useState("");
	const [error, setError] = useState<ApiError>();
	const where = [one.conflict.document.title, say(one.conflict.label)].filter(Boolean).join(" · ");
	async function back(event?: Event): Promise<void> {
		event?.preventDefault();
		setError(undefined);
		try {
			await ask("POST", "/api/undo", { feed: one.feed, seq: one.seq, ...(reason.trim() ? { reason: reason.trim() } : {}) });
			settled.splice(settled.indexOf(one), 1);
			onGone();
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<li class="stack card">
			<div class="tight">
				<span class="line-text"><span class="small quiet">{where}</span><strong>{say(one.chosen.words) || t("conflicts.nothing")}</strong></span>
				<div class="row"><button type="button" aria-pressed={asked} onClick={() => (one.conflict.class === "safety" ? setAsked(!asked) : void back())}>{t("conflicts.back")}</button></div>
			</div>
			{asked ? (
				<form class="stack" onSubmit={(event) => void back(event)}>
					<TextInput id={`back-${one.feed}-${one.seq}`} label={t("conflicts.reason")} value={reason} onInput={setReason} required />
					<button class="primary">{t("conflicts.backDo")}</button>
				</form>
			) : null}
			{error ? <ErrorNotice error={error} /> : null}
		</li>
	);
}

/** One's own choices, with the way back: both values stand side by side again. */
export function JustSettled({ patient }: { patient?: string | null }) {
	const [, draw] = useState(0);
	const shown = settled.filter((one) => !patient || one.conflict.document.id === patient);
	if (shown.length === 0) return null;
	return (
		<section class="tight">
			<Notice kind="good">{t("conflicts.settled")}</Notice>
			<ul class="stack">{shown.map((one) => <SettledLine key={`${one.feed}-${one.seq}`} one={one} onGone={() => draw(Date.now())} />)}</ul>
		</section>
	);
}
