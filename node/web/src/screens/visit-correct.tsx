/* A visit that was saved, corrected: what was written first stays readable; only what differs is written, with a reason. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { draftKey, useDraft, type Values } from "../api/drafts";
import { kindOf, useSchema, type FieldOf } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Explained } from "../api/billing";
import type { PatientRow, Rec, Words } from "../api/types";
import { back, type Screen } from "../router";
import { useStatus } from "../session";
import { Field } from "../ui/field";
import { DraftState, problemsOf } from "../ui/form";
import { TextInput, Tick } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t } from "../words";
import { clock, duration, longDay, monthOf } from "../words/dates";
import { capital, euros } from "../words/money";
import { patientName } from "./patients";

/* of the records of a patient, the newest: a visit of a month that is being closed may have hundreds behind it */
const ALL = "limit=5000";
const FIELDS = ["start", "end", "nurse", "coNurse", "activity", "billable", "otherFunding", "prescription"] as const;

/** The visit with its corrections laid over it, the last one on top; lists come newest first. */
export function asItStands(visit: Rec, amendments: Rec[]): Rec {
	const mine = amendments.filter((one) => one.visit === visit.id && !one.corrected).reverse();
	return mine.reduce<Rec>((whole, one) => ({ ...whole, ...Object.fromEntries([...FIELDS, "cancelled"].filter((name) => one[name] !== undefined).map((name) => [name, one[name]])) }), visit);
}

function minutes(values: Values): number {
	return Math.floor(new Date(String(values.end)).getTime() / 60000) - Math.floor(new Date(String(values.start)).getTime() / 60000);
}

function CorrectForm({ patient, visit, done }: { patient: string; visit: Rec; done: () => void }) {
	const schema = useSchema();
	const kind = kindOf(schema, "visitAmendment");
	const draft = useDraft(draftKey("visitAmendment", patient, visit.id), { kind: "visitAmendment", in: patient }, { visit: visit.id });
	const [reason, setReason] = useState("");
	const [error, setError] = useState<ApiError>();
	const [lacks, setLacks] = useState(false);
	const [busy, setBusy] = useState(false);
	if (!schema || !kind || !draft?.loaded) return <Progress text={t("base.reading")} />;
	const problems = problemsOf(error, "", [...FIELDS]);
	const now: Values = { ...visit, ...draft.values };
	const set = (name: string, value: unknown): void => draft.set({ visit: visit.id, [name]: value });
	async function save(event: Event): Promise<void> {
		event.preventDefault();
		if (busy || !draft) return;
		setLacks(reason.trim() === "");
		if (reason.trim() === "") return document.getElementById("correct-reason")?.focus();
		setBusy(true);
		setError(undefined);
		try {
			/* both times go together: what is not corrected is said as it stands now, which a colleague may have corrected since this was begun */
			const hasTime = draft.values.start !== undefined || draft.values.end !== undefined;
			if (hasTime || !draft.draft) draft.set(hasTime ? { visit: visit.id, start: now.start, end: now.end } : { visit: visit.id });
			await draft.flush();
			if (draft.error) throw draft.error;
			await ask("POST", `/api/drafts/${draft.key}/save`, { reason: reason.trim() });
			touchAll();
			return done();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
		}
		setBusy(false);
	}
	const length = minutes(now);
	return (
		<form class="stack" noValidate aria-busy={busy} onSubmit={(event) => void save(event)}>
			{FIELDS.map((name) => {
				const field = kind.fields.find((one): one is FieldOf => one.name === name);
				return field ? <Field key={name} schema={schema} kind={kind} field={field} where={patient} value={now[name]} values={now} problems={problems.of(name)} onValue={(value) => set(name, value)} /> : null;
			})}
			<Tick checked={now.cancelled === true} onChange={(on) => set("cancelled", on)}>{t("correct.cancelled")}</Tick>
			<TextInput id="correct-reason" label={t("correct.reason")} help={t("correct.reasonHelp")} required value={reason} onInput={setReason} problems={lacks && !reason.trim() ? [{ fr: t("correct.sayWhy"), en: t("correct.sayWhy") }] : []} />
			{problems.rest.map((problem) => <Notice key={problem.fr} kind="bad" live>{say(problem)}</Notice>)}
			{error && error.problems.length === 0 ? <ErrorNotice error={error} /> : null}
			<div class="foot">
				<p class="foot-beside">{length > 0 ? t("correct.length", { length: duration(length) }) : t("correct.negative")}</p>
				<DraftState draft={draft} />
				<div class="row">
					<button class="primary" disabled={busy}>{busy ? t("base.saving") : t("correct.do")}</button>
					<button type="button" onClick={done}>{t("base.later")}</button>
				</div>
			</div>
		</form>
	);
}

interface Billed {
	lines: Explained[];
	notBilled?: Words;
}

/** Is it billed, in which closed month, or why not: to those who read that. */
function HowBilled({ visit }: { visit: string }) {
	const [open, setOpen] = useState(false);
	const from = useData<Billed>(open ? `/api/billing/explain?visit=${visit}` : null, []);
	return (
		<details class="card" onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>{t("correct.billed")}</summary>
			{open ? (
				<Loaded from={from}>
					{({ lines, notBilled }) => (
						<div class="stack">
							{notBilled ? <p>{say(notBilled)}</p> : null}
							{lines.map((line) => (
								<section key={`${line.lot}${line.line}`} class="tight">
									<h3><a class="touch" href={`#/billing/lots/${line.lot}`}>{capital(monthOf(line.lotMonth))} · {euros(line.cents)}</a></h3>
									<ol class="bullets">{line.steps.map((step, index) => <li key={index}>{say(step)}</li>)}</ol>
									{line.stands ? null : <p class="tag warn">{t("lots.takenBack")}</p>}
								</section>
							))}
						</div>
					)}
				</Loaded>
			) : null}
		</details>
	);
}

function CorrectView({ params }: { params: Record<string, string> }) {
	const { id = "", visit = "" } = params;
	const who = useData<PatientRow>(`/api/patients/${id}`, []).data;
	const visits = useData<{ records: Rec[] }>(`/api/patients/${id}/visit?${ALL}`);
	const amendments = useData<{ records: Rec[] }>(`/api/patients/${id}/visitAmendment?${ALL}`);
	const one = visits.data?.records.find((record) => record.id === visit);
	const start = one ? String(one.start) : "";
	const role = useStatus()?.role;
	const done = (): void => back("/billing");
	return (
		<ScreenFrame title={t("correct.title")} backTo="/billing" under={who ? patientName(who) : undefined}>
			<Loaded from={visits}>
				{() =>
					one && amendments.data ? (
						<>
							<p class="quiet">{t("correct.what", { day: longDay(start.slice(0, 10)), from: clock(start), to: one.end ? clock(String(one.end)) : "…" })}</p>
							{role === "nurse" || role === "billing" ? <HowBilled visit={visit} /> : null}
							<CorrectForm patient={id} visit={asItStands(one, amendments.data.records)} done={done} />
						</>
					) : one ? <Progress text={t("base.reading")} /> : <Notice kind="warn">{t("correct.notHere")}</Notice>
				}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/visits/:visit/correct", view: CorrectView, under: "/patients" };
