/* A file is signed off: "I reviewed it as it stands". What is to be settled first stands here, and can be settled here. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { PatientRow, Words } from "../api/types";
import type { Screen } from "../router";
import { useCares } from "../session";
import { ConflictCard, JustSettled, type Conflict } from "../ui/conflict";
import { TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { when } from "../words/dates";
import { patientName } from "./patients";

interface SignOff extends Words {
	id: string;
	at: string;
	stands: boolean;
	changed: boolean;
	conflictsSince: number;
	by?: { name?: string; self: boolean };
	note?: string;
}

function Sign({ patient }: { patient: string }) {
	const [note, setNote] = useState("");
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	async function sign(event: Event): Promise<void> {
		event.preventDefault();
		setBusy(true);
		setError(undefined);
		try {
			await ask("POST", `/api/patients/${patient}/signoff`, note.trim() ? { note: note.trim() } : {});
			setNote("");
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
		touchAll();
	}
	return (
		<form class="card stack" onSubmit={(event) => void sign(event)}>
			<p>{t("signoff.meaning")}</p>
			<TextInput id="signoff-note" label={t("signoff.note")} value={note} onInput={setNote} rows={3} />
			{error ? <ErrorNotice error={error} /> : null}
			{error?.body.disputed ? <a class="target" href={`#/patients/${patient}`}>{t("signoff.disputed")}</a> : null}
			<button class="primary wide-button" disabled={busy}>{t("signoff.do")}</button>
		</form>
	);
}

function Line({ one }: { one: SignOff }) {
	const kind = one.conflictsSince ? "bad" : one.changed ? "warn" : "good";
	return (
		<li class="card tight">
			<div class="row apart">
				<strong>{one.by?.name ?? t("conflicts.unknown")}</strong>
				<span class="quiet small">{when(one.at)}</span>
			</div>
			<p><span class={`tag ${one.stands ? kind : ""}`}>{say(one)}</span></p>
			{one.note ? <p class="prose">{one.note}</p> : null}
		</li>
	);
}

function SignOffView({ params }: { params: Record<string, string> }) {
	const id = params.id ?? "";
	const who = useData<PatientRow>(`/api/patients/${id}`).data;
	const open = useData<{ fields: Conflict[] }>(`/api/conflicts?patient=${id}&class=safety`);
	const from = useData<{ signoffs: SignOff[] }>(`/api/patients/${id}/signoffs`);
	const fields = open.data?.fields ?? [];
	const writes = useCares();
	return (
		<ScreenFrame title={t("signoff.title")} under={who ? patientName(who) : undefined} backTo={`/patients/${id}`}>
			<JustSettled patient={id} />
			<Loaded from={open}>
				{() => fields.length ? (
					<>
						<Notice kind="bad"><strong>{tn("signoff.blocked", fields.length)}</strong> {t("signoff.settleFirst")}</Notice>
						<ul class="stack">{fields.map((one) => <ConflictCard key={one.place} conflict={one} />)}</ul>
					</>
				) : writes ? <Sign patient={id} /> : null}
			</Loaded>
			<section class="tight">
				<h2>{t("signoff.before")}</h2>
				<Loaded from={from}>
					{({ signoffs }) => signoffs.length ? <ul class="stack">{signoffs.map((one) => <Line key={one.id} one={one} />)}</ul> : <p class="quiet">{t("signoff.never")}</p>}
				</Loaded>
			</section>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/signoff", view: SignOffView, under: "/patients" };
