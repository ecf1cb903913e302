/* One meeting: when, who was there; notes that several write at once, what was decided; and minutes apart where patients were spoken of. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { valuesOf } from "../api/drafts";
import { choiceOf, useSchema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Holder, Rec } from "../api/types";
import { go, type Screen } from "../router";
import { useIsNurse, useStatus } from "../session";
import { RecordForm } from "../ui/form";
import { ErrorNotice, Notice } from "../ui/notice";
import { memberName, useMembers } from "../ui/round-actions";
import { Loaded, ScreenFrame } from "../ui/screen";
import { OnDevices } from "../ui/trust";
import { say, t } from "../words";
import { dayOf, duration, longDay, when } from "../words/dates";

type Kind = "practiceNotes" | "minutes";

export const EVENT_FIELDS = ["type", "at", "minutes", "topic", "attendees", "place", "subject"];

const FIELDS: Record<Kind, string[]> = { practiceNotes: ["title", "notes", "decisions"], minutes: ["title", "heldOn", "notes", "decisions"] };

interface Author {
	feed: string;
	seq: number;
}

/** The meeting, and what it was before it was corrected: what was written of it then is still its own. */
function idsOf(event: Rec, all: Rec[]): string[] {
	const ids = [event.id];
	let cited = event.corrects as Author | undefined;
	while (cited && ids.length <= all.length) {
		const { feed, seq } = cited;
		const before = all.find((one) => (one.author as Author | undefined)?.feed === feed && (one.author as Author).seq === seq);
		if (before) ids.push(before.id);
		cited = before?.corrects as Author | undefined;
	}
	return ids;
}

/** A text of the meeting: read, and written in its place. */
export function Text({ kind, record, holders, writes }: { kind: Kind; record: Rec; holders: Holder[]; writes: boolean }) {
	const [open, setOpen] = useState(false);
	const close = (): void => setOpen(false);
	if (open)
		return (
			<li class="card stack">
				<Notice kind="calm">{t("meetings.together")}</Notice>
				<RecordForm kind={kind} record={record} fields={FIELDS[kind]} onSaved={close} onCancel={close} />
			</li>
		);
	return (
		<li class="card stack">
			<h3>{String(record.title ?? "")}</h3>
			{record.notes ? <p class="prose">{String(record.notes)}</p> : <p class="quiet">{t("meetings.noNotes")}</p>}
			{record.decisions ? <div class="decisions tight"><h4>{t("meetings.decisions")}</h4><p class="prose">{String(record.decisions)}</p></div> : null}
			<OnDevices on={record.on} holders={holders} />
			{writes ? <button type="button" onClick={() => setOpen(true)}>{t("meetings.write")}</button> : null}
		</li>
	);
}

function Texts({ event, ids, title, heldOn }: { event: Rec; ids: string[]; title: string; heldOn: string }) {
	const clinical = useStatus()?.role !== "facilitator";
	const writes = useIsNurse();
	const notes = useData<{ records: Rec[]; holders?: Holder[] }>("/api/records/practiceNotes?limit=1000");
	const minutes = useData<{ records: Rec[]; holders?: Holder[] }>(clinical ? "/api/records/minutes?limit=500" : null);
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const ofEvent = (record: Rec): boolean => Boolean(record.event) && ids.some((id) => id.startsWith(String(record.event)));
	const shared = (notes.data?.records ?? []).filter(ofEvent);
	const apart = (minutes.data?.records ?? []).filter(ofEvent);
	async function begin(kind: Kind): Promise<void> {
		setBusy(true);
		setError(undefined);
		try {
			await ask("POST", `/api/records/${kind}`, kind === "minutes" ? { title, heldOn, event: event.id } : { title, event: event.id.slice(0, 12) });
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	return (
		<>
			{error ? <ErrorNotice error={error} /> : null}
			<section class="stack">
				<h2>{t("meetings.notes")}</h2>
				<p class="quiet small">{t("meetings.notesWhat")}</p>
				<ul class="stack">{shared.map((record) => <Text key={record.id} kind="practiceNotes" record={record} holders={notes.data?.holders ?? []} writes={writes} />)}</ul>
				{writes && shared.length === 0 && notes.data ? <button type="button" class="wide-button" disabled={busy} onClick={() => void begin("practiceNotes")}>{t("meetings.beginNotes")}</button> : null}
			</section>
			{clinical ? (
				<section class="stack">
					<h2>{t("meetings.minutes")}</h2>
					<p class="quiet small">{t("meetings.minutesWhat")}</p>
					<ul class="stack">{apart.map((record) => <Text key={record.id} kind="minutes" record={record} holders={minutes.data?.holders ?? []} writes={writes} />)}</ul>
					{writes && apart.length === 0 && minutes.data ? <button type="button" class="wide-button" disabled={busy} onClick={() => void begin("minutes")}>{t("meetings.beginMinutes")}</button> : null}
				</section>
			) : null}
			{writes ? <a class="button" href={`#/rules/new?title=${encodeURIComponent(title)}`}>{t("meetings.makeRule")}</a> : null}
		</>
	);
}

function MeetingView({ params }: { params: Record<string, string> }) {
	const isNurse = useIsNurse();
	const schema = useSchema();
	const members = useMembers();
	const from = useData<{ records: Rec[]; holders?: Holder[] }>("/api/records/practiceEvent?limit=500");
	const event = from.data?.records.find((one) => one.id === params.id);
	const type = event ? say(choiceOf(schema, "practiceEvent", "type", event.type)) : "";
	const attendees = Array.isArray(event?.attendees) ? (event.attendees as string[]) : [];
	const names = attendees.map((short) => { const one = members.find((member) => member.person.startsWith(short)); return one ? memberName(one) : short; });
	return (
		<ScreenFrame title={type || t("meetings.one")} under={event ? when(String(event.at)) : undefined} backTo="/meetings">
			<Loaded from={from}>
				{(list) => event ? (
					<>
						<section class={`card stack${event.corrected ? " struck" : ""}`}>
							<dl class="facts">
								{event.topic ? <><dt>{t("meetings.topic")}</dt><dd>{String(event.topic)}</dd></> : null}
								<dt>{t("meetings.length")}</dt><dd>{duration(Number(event.minutes ?? 0))}</dd>
								{event.place ? <><dt>{t("meetings.place")}</dt><dd>{String(event.place)}</dd></> : null}
								{event.subject ? <><dt>{t("meetings.subject")}</dt><dd>{say(choiceOf(schema, "practiceEvent", "subject", event.subject))}</dd></> : null}
								<dt>{t("meetings.attendees")}</dt><dd>{names.length ? names.join(", ") : t("meetings.notSaid")}</dd>
							</dl>
							<OnDevices on={event.on} holders={list.holders ?? []} />
							{isNurse && !event.corrected ? <a class="button" href={`#/meetings/${event.id}/correct`}>{t("meetings.correct")}</a> : null}
						</section>
						<Texts event={event} ids={idsOf(event, list.records)} title={`${type}, ${longDay(dayOf(String(event.at)))}`} heldOn={dayOf(String(event.at))} />
					</>
				) : <p class="empty card">{t("base.error.notFound")}</p>}
			</Loaded>
		</ScreenFrame>
	);
}

/** What was noted stays, struck through; what is noted now counts. */
function CorrectView({ params }: { params: Record<string, string> }) {
	const id = params.id ?? "";
	const from = useData<{ records: Rec[] }>("/api/records/practiceEvent?limit=500");
	const event = from.data?.records.find((one) => one.id === id);
	return (
		<ScreenFrame title={t("meetings.correct")} under={t("meetings.correctWhat")} backTo={`/meetings/${id}`}>
			<Loaded from={from}>
				{() => event
					? <RecordForm kind="practiceEvent" fields={EVENT_FIELDS} corrects={event} preset={valuesOf(event, EVENT_FIELDS)} onSaved={(saved) => go(`/meetings/${saved.id}`, true)} onCancel={() => go(`/meetings/${id}`, true)} />
					: <p class="empty card">{t("base.error.notFound")}</p>}
			</Loaded>
		</ScreenFrame>
	);
}

/** Minutes that belong to no meeting that was noted. */
function MinutesView({ params }: { params: Record<string, string> }) {
	const writes = useIsNurse();
	const from = useData<{ records: Rec[]; holders?: Holder[] }>("/api/records/minutes?limit=500");
	const record = from.data?.records.find((one) => one.id === params.id);
	return (
		<ScreenFrame title={t("meetings.minutes")} backTo="/meetings">
			<Loaded from={from}>{(list) => record ? <ul><Text kind="minutes" record={record} holders={list.holders ?? []} writes={writes} /></ul> : <p class="empty card">{t("base.error.notFound")}</p>}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/meetings/:id", view: MeetingView, under: "/more" };
export const screenCorrect: Screen = { path: "/meetings/:id/correct", view: CorrectView, under: "/more" };
export const screenMinutes: Screen = { path: "/minutes/:id", view: MinutesView, under: "/more" };
