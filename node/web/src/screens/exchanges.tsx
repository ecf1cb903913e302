/* What the team wrote to each other about one patient: transmissions with their replies and who has read them, and notes. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Age as AgeType, Holder, PatientRow, Rec } from "../api/types";
import type { Screen } from "../router";
import { useStatus } from "../session";
import { Icon } from "../ui/icons";
import { ErrorNotice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Age, OnDevices } from "../ui/trust";
import { t, tn } from "../words";
import { when } from "../words/dates";
import { patientName } from "./patients";

interface Reader {
	person: string;
	name?: string;
	saved: string;
}

interface Note extends Rec {
	by?: string;
	byName?: string;
	replies?: (Rec & { byName?: string; apart?: boolean })[];
	moreReplies?: number;
	readBy?: Reader[];
}

interface List {
	transmissions: Note[];
	holders: Holder[];
	age: AgeType;
}

function Readers({ note }: { note: Note }) {
	if (!note.readBy) return null;
	return (
		<p class="quiet small">
			{note.readBy.length ? t("exchange.readBy", { names: note.readBy.map((one) => t("exchange.reader", { name: one.name ?? one.person.slice(0, 6), when: when(one.saved) })).join(", ") }) : t("messages.readByNobody")}
		</p>
	);
}

function NoteCard({ note, patient, holders }: { note: Note; patient: string; holders: Holder[] }) {
	const me = useStatus()?.person;
	const [error, setError] = useState<ApiError>();
	const isNote = note.kind === "note";
	const toRead = !isNote && !note.corrected && me !== undefined && note.by !== me && !note.readBy?.some((one) => one.person === me);
	async function read(): Promise<void> {
		setError(undefined);
		await ask("POST", "/api/transmissions/read", { transmissions: [note.id] }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	return (
		<li class={`card tight note${note.urgency === "urgent" ? " urgent" : ""}${note.corrected ? " struck" : ""}`}>
			<p class="row apart small">
				<strong>{note.byName ?? (isNote ? t("exchange.note") : t("conflicts.unknown"))}</strong>
				<span class="quiet">{when(String(note.at ?? note.saved))}</span>
			</p>
			<p class="row">
				{note.urgency === "urgent" ? <span class="tag bad">{t("patient.urgent")}</span> : note.urgency === "important" ? <span class="tag warn">{t("read.important")}</span> : null}
				{toRead ? <span class="tag warn">{t("messages.notRead")}</span> : null}
				{note.focus ? <strong>{String(note.focus)}</strong> : null}
			</p>
			<p class="prose">{String(note.data ?? note.body ?? "")}</p>
			{note.actions ? <p class="prose"><span class="quiet">{t("visit.actions")} : </span>{String(note.actions)}</p> : null}
			{note.results ? <p class="prose"><span class="quiet">{t("visit.results")} : </span>{String(note.results)}</p> : null}
			<Readers note={note} />
			<OnDevices on={note.on} holders={holders} />
			{note.moreReplies ? <p class="quiet small">{tn("exchange.moreReplies", note.moreReplies)}</p> : null}
			{note.replies?.length ? (
				<ul class="tight replies">
					{note.replies.map((reply) => (
						<li key={reply.id}>
							<p class="small"><strong>{reply.byName ?? t("conflicts.unknown")}</strong> <span class="quiet">{when(String(reply.at ?? reply.saved))}</span> {reply.apart ? <span class="tag">{t("exchange.apart")}</span> : null}</p>
							<p class="prose">{String(reply.body ?? "")}</p>
						</li>
					))}
				</ul>
			) : null}
			{error ? <ErrorNotice error={error} /> : null}
			{isNote ? null : (
				<div class="row">
					{toRead ? <button type="button" onClick={() => void read()}><Icon name="check" size={20} /> {t("read.read")}</button> : null}
					<a class="button plain" href={`#/patients/${patient}/add/reply?transmission=${note.id.slice(0, 12)}`}>{t("read.reply")}</a>
				</div>
			)}
		</li>
	);
}

function ExchangesView({ params }: { params: Record<string, string> }) {
	const id = params.id ?? "";
	const who = useData<PatientRow>(`/api/patients/${id}`).data;
	const from = useData<List>(`/api/patients/${id}/transmissions?limit=100`);
	const notes = useData<{ records: Note[]; holders?: Holder[] }>(`/api/patients/${id}/note?limit=100`).data;
	return (
		<ScreenFrame title={t("exchange.title")} under={who ? patientName(who) : undefined} backTo={`/patients/${id}`}>
			<div class="row">
				<a class="button primary" href={`#/patients/${id}/add/transmission`}><Icon name="plus" size={20} /> {t("exchange.newTransmission")}</a>
				<a class="button" href={`#/patients/${id}/add/note`}><Icon name="plus" size={20} /> {t("exchange.newNote")}</a>
			</div>
			<Loaded from={from}>
				{(list) => {
					const all = [...list.transmissions, ...(notes?.records ?? [])].sort((a, b) => String(b.at ?? b.saved).localeCompare(String(a.at ?? a.saved)));
					return (
						<>
							<Age age={list.age} />
							{all.length ? <ul class="stack">{all.map((note) => <NoteCard key={note.id} note={note} patient={id} holders={list.holders} />)}</ul> : <p class="empty card">{t("exchange.none")}</p>}
						</>
					);
				}}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/messages", view: ExchangesView, under: "/patients" };
