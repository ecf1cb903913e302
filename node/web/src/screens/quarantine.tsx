/* What a removed device wrote after it was cut off, or somebody beyond their rights: kept apart, readable; a colleague vouches for what is true. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Words } from "../api/types";
import { place, type Screen } from "../router";
import { Icon } from "../ui/icons";
import { TextInput, Tick } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { when } from "../words/dates";

interface Author {
	name?: string;
	self?: boolean;
	saved?: string;
	[member: string]: unknown;
}

interface Apart {
	entry: string;
	by: Author;
	compartment: string;
	why: Words;
	counts: boolean;
	readable: boolean;
	canCountersign: boolean;
	what?: Partial<Words>[];
	document?: { title?: string; id?: string; patient?: string };
	countersigned?: { by: Author; comment?: string };
}

interface List {
	entries: Apart[];
	waiting: number;
	more: boolean;
}

const AT_ONCE = 100;

function Entry({ one, chosen, onChoose }: { one: Apart; chosen: boolean; onChoose: (on: boolean) => void }) {
	const title = <strong>{one.document?.title ?? t(`lost.part.${one.compartment}`)}</strong>;
	return (
		<li class="card tight">
			{one.canCountersign ? <Tick checked={chosen} onChange={onChoose}>{title}</Tick> : title}
			{one.what?.map((what, i) => <p key={i}>{say(what)}</p>)}
			{one.readable ? null : <p class="quiet">{t("quarantine.unreadable")}</p>}
			<p class="small quiet">{one.by.name ?? ""}{one.by.saved ? ` · ${when(one.by.saved)}` : ""}</p>
			<p class="small">{t("quarantine.why")} {say(one.why)}.</p>
			{one.countersigned ? <p class="tag good">{t("quarantine.vouched", { name: one.countersigned.by.name ?? "", words: one.countersigned.comment ?? "" })}</p> : null}
		</li>
	);
}

function Waiting({ list }: { list: List }) {
	const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
	const [comment, setComment] = useState("");
	const [error, setError] = useState<ApiError>();
	const possible = list.entries.filter((one) => one.canCountersign).map((one) => one.entry);
	const picked = possible.filter((entry) => chosen.has(entry));
	const choose = (entry: string, on: boolean): void => {
		const next = new Set(chosen);
		if (on) next.add(entry);
		else next.delete(entry);
		setChosen(next);
	};
	async function vouch(event: Event): Promise<void> {
		event.preventDefault();
		setError(undefined);
		try {
			await ask("POST", "/api/quarantine/countersign", { entries: picked, ...(comment.trim() ? { comment: comment.trim() } : {}) });
			setChosen(new Set());
			setComment("");
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<form class="stack" onSubmit={(event) => void vouch(event)}>
			<div class="row apart">
				<p role="status">{tn("quarantine.count", list.waiting)}</p>
				{possible.length > 1 ? <button type="button" onClick={() => setChosen(new Set(picked.length === possible.length ? [] : possible))}>{t(picked.length === possible.length ? "quarantine.none" : "quarantine.all")}</button> : null}
			</div>
			<ul class="stack">{list.entries.map((one) => <Entry key={one.entry} one={one} chosen={chosen.has(one.entry)} onChoose={(on) => choose(one.entry, on)} />)}</ul>
			{list.more ? <p class="quiet">{t("sync.onlyMore")}</p> : null}
			{possible.length ? (
				<div class="foot">
					<TextInput id="comment" label={t("quarantine.comment")} value={comment} onInput={setComment} />
					{error ? <ErrorNotice error={error} /> : null}
					<button class="primary" disabled={picked.length === 0}>{picked.length ? tn("quarantine.vouch", picked.length) : t("quarantine.choose")}</button>
				</div>
			) : (
				<p class="quiet">{t("quarantine.notYours")}</p>
			)}
		</form>
	);
}

function QuarantineView() {
	const all = place().query.get("all") === "1";
	const from = useData<List>(`/api/quarantine?limit=${AT_ONCE}${all ? "&all=1" : ""}`, ["news", "meeting"]);
	return (
		<ScreenFrame title={t("quarantine.title")} backTo="/sync">
			<Notice kind="calm">{t("quarantine.what")}</Notice>
			<div class="row tabs">
				<a class="button" aria-current={all ? undefined : "true"} href="#/quarantine">{t("quarantine.waiting")}</a>
				<a class="button" aria-current={all ? "true" : undefined} href="#/quarantine?all=1">{t("quarantine.also")}</a>
			</div>
			<Loaded from={from}>
				{(list) => (list.entries.length ? <Waiting list={list} /> : <div class="empty card"><Icon name="check" size={40} /><p>{t("quarantine.nothing")}</p></div>)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/quarantine", view: QuarantineView, under: "/more" };
