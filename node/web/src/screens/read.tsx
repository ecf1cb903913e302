/* Transmissions that this person has not read; nobody marks them for somebody else. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Holder, Rec, Words } from "../api/types";
import { go, place, type Screen } from "../router";
import { Icon } from "../ui/icons";
import { ErrorNotice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { OnDevices } from "../ui/trust";
import { say, t, tn } from "../words";
import { ago, when } from "../words/dates";
import { Unread, type Thread } from "./messages";

interface Note extends Rec {
	patient?: { id: string; name: string } | string;
	patientName?: string;
	replies?: number;
	near?: boolean;
	byName?: Words | string;
}

interface List {
	transmissions: Note[];
	total: number;
	/** Without it there are more than this list shows: they are marked one by one. */
	upto?: string;
	next?: number;
	/** By whom there are more than lists hold. */
	left: { by: string; byName?: Words | string; count: number; urgent: number }[];
	holders?: Holder[];
}

function patientOf(note: Note): string {
	return typeof note.patient === "string" ? note.patient : (note.patient?.id ?? "");
}

function NoteCard({ note, holders, unread }: { note: Note; holders: Holder[]; unread: boolean }) {
	const [error, setError] = useState<ApiError>();
	const patient = patientOf(note);
	async function read(): Promise<void> {
		await ask("POST", "/api/transmissions/read", { transmissions: [note.id] }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	return (
		<li class={`card tight note${note.urgency === "urgent" ? " urgent" : ""}`}>
			<div class="row apart">
				<h2>
					<a href={`#/patients/${patient}`}>{note.patientName}</a>
				</h2>
				{note.urgency === "urgent" ? <span class="tag bad">{t("patient.urgent")}</span> : note.urgency === "important" ? <span class="tag warn">{t("read.important")}</span> : null}
			</div>
			<p class="small quiet">
				{note.byName ? `${say(note.byName)} · ` : ""}{when(String(note.at ?? note.saved))} ({ago(String(note.saved ?? note.at))})
			</p>
			{note.focus ? <strong>{String(note.focus)}</strong> : null}
			<p class="prose">{String(note.data ?? "")}</p>
			{note.actions ? <p class="prose"><span class="quiet">{t("visit.actions")} : </span>{String(note.actions)}</p> : null}
			{note.results ? <p class="prose"><span class="quiet">{t("visit.results")} : </span>{String(note.results)}</p> : null}
			{note.replies ? <p class="quiet small">{tn("read.replies", note.replies)}</p> : null}
			<OnDevices on={note.on} holders={holders} />
			{error ? <ErrorNotice error={error} /> : null}
			<div class="row">
				{unread ? <button type="button" onClick={() => void read()}><Icon name="check" size={20} /> {t("read.read")}</button> : null}
				<a class="button plain" href={`#/patients/${patient}/add/reply?transmission=${note.id.slice(0, 12)}`}>{t("read.reply")}</a>
			</div>
		</li>
	);
}

/** Messages that are for this person and that she has not read: the other part of the count in the navigation. */
function Messages() {
	const threads = useData<{ threads: Thread[] }>("/api/threads?limit=200").data?.threads ?? [];
	const unread = threads.filter((thread) => thread.mine && thread.unread > 0);
	if (unread.length === 0) return null;
	return (
		<section class="tight">
			<h2>{t("messages.title")}</h2>
			<ul class="rows">
				{unread.map((thread) => (
					<li key={thread.id}>
						<a class="line" href={`#/messages/${thread.id}`}>
							<span class="line-text"><strong>{thread.subject}</strong><span class="row"><Unread thread={thread} /></span></span>
							<Icon name="next" size={20} />
						</a>
					</li>
				))}
			</ul>
		</section>
	);
}

function ReadView() {
	const all = place().query.get("all") === "1";
	const from = useData<List>(all ? "/api/transmissions?limit=50" : "/api/transmissions?toRead=1&limit=50");
	const [error, setError] = useState<ApiError>();
	/* what was shown, and no more: where there are more than the list shows, those that it did */
	async function readAll(list: List): Promise<void> {
		await ask("POST", "/api/transmissions/read", list.upto ? { upto: list.upto } : { transmissions: list.transmissions.map((note) => note.id) }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	return (
		<ScreenFrame title={t("read.title")}>
			<div class="row tabs">
				<a class="button" aria-current={all ? undefined : "true"} href="#/read">{t("read.toRead")}</a>
				<a class="button" aria-current={all ? "true" : undefined} href="#/read?all=1" onClick={(event) => { event.preventDefault(); go("/read?all=1"); }}>{t("read.all")}</a>
			</div>
			{error ? <ErrorNotice error={error} /> : null}
			{all ? null : <Messages />}
			<Loaded from={from}>
				{(list) => (
					<>
						{list.transmissions.length === 0 ? (
							<div class="empty card">
								<Icon name="check" size={40} />
								<p>{all ? t("read.none") : t("read.nothing")}</p>
							</div>
						) : (
							<>
								<div class="row apart">
									<p class="quiet" role="status">{tn("read.count", list.total)}</p>
									{all || list.total < 2 ? null : <button type="button" onClick={() => void readAll(list)}>{list.upto ? t("read.readAll") : tn("read.readThese", list.transmissions.length)}</button>}
								</div>
								<ul class="stack">{list.transmissions.map((note) => <NoteCard key={note.id} note={note} holders={list.holders ?? []} unread={!all} />)}</ul>
								{list.next ? <p class="quiet">{tn("read.further", list.total - list.transmissions.length)}</p> : null}
								{list.left.map((one) => <p key={one.by} class="quiet">{tn("read.left", one.count, { name: say(one.byName) })}</p>)}
							</>
						)}
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/read", view: ReadView, nav: { order: 3, label: "base.nav.read", icon: "read", badge: "toRead", roles: ["nurse", "billing", "locum", "reader"] } };
