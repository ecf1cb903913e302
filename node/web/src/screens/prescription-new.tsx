/* A prescription as it came: the photo of the original, who wrote it, how long it holds, its lines; all of it one save. With ?renews= the lines of the former go on. */
import { useState } from "preact/hooks";
import { ApiError, ask, type Problem } from "../api/client";
import { draftKey, useDraft, type DraftKeeper } from "../api/drafts";
import { kindOf, useSchema, type Kind, type Schema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Medication, Prescription } from "../api/medication";
import type { Rec } from "../api/types";
import { short, versionOf } from "../api/versions";
import { go, place, type Screen } from "../router";
import { Field } from "../ui/field";
import { DraftState, problemsOf } from "../ui/form";
import { Icon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";
import { PatientFrame } from "../ui/patient-frame";
import { PhotoPlace, Thumbnail, usePhotos } from "../ui/photo";
import { Progress } from "../ui/progress";
import { TakePhoto } from "../ui/take-photo";
import { say, t, tn } from "../words";
import { addDays, dayOf } from "../words/dates";

const FIELDS = ["prescriber", "date", "validFrom", "validUntil", "care", "ald", "note"];
const LINE_FIELDS = ["drug", "dose", "schedule", "ifNeeded", "maxPerDay", "until", "note"];
const CARRIED = ["drug", "cip13", "dose", "schedule", "route", "ifNeeded", "maxPerDay", "note"];
type Lines = Record<string, unknown>[];

function Original({ patient, draft, problems, onWaiting }: { patient: string; draft: DraftKeeper; problems: Problem[]; onWaiting: (waits: boolean) => void }) {
	const { find } = usePhotos(patient);
	const [again, setAgain] = useState(false);
	const scan = draft.values.scan as string | undefined;
	const taken = find(scan);
	return (
		<section class="card stack">
			<h2>{t("prescription.photo")}</h2>
			{scan && !again ? (
				<div class="wound-row">
					{taken ? <Thumbnail photo={taken} alt={t("prescription.scan")} /> : null}
					<div class="line-text">
						<strong>{t("prescription.scanned")}</strong>
						{taken ? <PhotoPlace photo={taken} /> : null}
						<button type="button" onClick={() => setAgain(true)}>{t("prescription.anotherPage")}</button>
					</div>
				</div>
			) : (
				<TakePhoto
					patient={patient}
					what={t("prescription.photoFor")}
					fields={{ caption: t("prescription.scan") }}
					scan
					problems={problems}
					onWaiting={onWaiting}
					onSaved={(id) => {
						draft.set({ scan: short(id) });
						setAgain(false);
					}}
				/>
			)}
		</section>
	);
}

function LineForm({ schema, kind, line, number, problems, onLine, onRemove }: { schema: Schema; kind: Kind; line: Record<string, unknown>; number: number; problems: Problem[]; onLine: (line: Record<string, unknown>) => void; onRemove: () => void }) {
	/* each line's fields have ids of their own */
	const own: Kind = { ...kind, name: `line-${number}` };
	const set = (name: string, value: unknown): void => {
		const next = { ...line, [name]: value };
		if (value === null || value === false) delete next[name];
		onLine(next);
	};
	return (
		<fieldset class="card stack line-form">
			<legend>{t("prescription.line", { n: number })}</legend>
			{LINE_FIELDS.map((name) => {
				const field = kind.fields.find((one) => one.name === name);
				if (!field) return null;
				return (
					<div key={name} class="tight">
						<Field schema={schema} kind={own} field={field} where={undefined} value={line[name]} values={line} problems={problems.filter((one) => one.field === name)} onValue={(value) => set(name, value)} />
						{name === "schedule" ? <p class="help">{t("prescription.scheduleHelp")}</p> : null}
					</div>
				);
			})}
			{problems.filter((one) => !one.field || !LINE_FIELDS.includes(one.field)).map((one) => <p key={one.fr} class="problem">{say(one)}</p>)}
			<button type="button" class="plain" onClick={onRemove}>{t("prescription.removeLine")}</button>
		</fieldset>
	);
}

/** What the former prescription still had, as it stands in its lines' last versions. */
function formerLines(former: Prescription | undefined, records: Rec[]): Lines {
	const goOn = (former?.lines ?? []).filter((line) => ["current", "ends", "over"].includes(line.state));
	return goOn.flatMap((line) => {
		const record = versionOf(records, line.id);
		return record ? [Object.fromEntries(CARRIED.filter((name) => record[name] !== undefined).map((name) => [name, record[name]]))] : [];
	});
}

function NewForm({ patient, renews, former, carried }: { patient: string; renews: string | null; former: Prescription | undefined; carried: Lines }) {
	const schema = useSchema();
	const preset: Record<string, unknown> = { date: dayOf() };
	if (renews) Object.assign(preset, { renews: short(renews), prescriber: former?.prescriber ?? "", ...(former?.until ? { validFrom: addDays(former.until, 1) } : {}) });
	const draft = useDraft(draftKey("prescription", patient, renews ?? undefined), { kind: "prescription", in: patient }, preset);
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const [waiting, setWaiting] = useState(false);
	const [held, setHeld] = useState(false);
	const kind = kindOf(schema, "prescription");
	const lineKind = kindOf(schema, "prescriptionLine");
	if (!schema || !kind || !lineKind || !draft?.loaded) return <Progress text={t("base.reading")} />;
	const lines: Lines = draft.with.prescriptionLine ?? carried;
	const back = (): void => go(`/patients/${patient}/prescriptions`, true);
	const setLines = (next: Lines): void => draft.set({}, { prescriptionLine: next });
	const problems = problemsOf(error, "", [...FIELDS, "scan"]);

	async function save(event: Event): Promise<void> {
		event.preventDefault();
		if (busy || !draft) return;
		setHeld(waiting);
		if (waiting) return;
		setBusy(true);
		setError(undefined);
		try {
			draft.set({}); /* so that there is one, with the id that the lines refer to */
			await draft.flush();
			if (!draft.error) draft.set({}, { prescriptionLine: lines.map((line) => ({ ...line, prescription: short(draft.draft?.id ?? "") })) });
			await draft.flush();
			if (draft.error) throw draft.error;
			await ask("POST", `/api/drafts/${draft.key}/save`, {});
			touchAll();
			back();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
			setBusy(false);
		}
	}
	async function discard(): Promise<void> {
		if (draft?.draft) await ask("DELETE", `/api/drafts/${draft.key}`).catch(() => undefined);
		back();
	}
	return (
		<>
			<Original patient={patient} draft={draft} problems={problems.of("scan")} onWaiting={setWaiting} />
			<form class="stack" onSubmit={(event) => void save(event)} noValidate aria-busy={busy}>
				<section class="card stack">
					{FIELDS.map((name) => {
						const field = kind.fields.find((one) => one.name === name);
						return field ? <Field key={name} schema={schema} kind={kind} field={field} where={patient} value={draft.values[name]} values={draft.values} problems={problems.of(name)} onValue={(value) => draft.set({ [name]: value })} /> : null;
					})}
				</section>
				{renews && carried.length ? <Notice kind="calm">{tn("prescription.former", carried.length)}</Notice> : null}
				{lines.map((line, i) => (
					<LineForm
						key={i}
						schema={schema}
						kind={lineKind}
						line={line}
						number={i + 1}
						problems={problemsOf(error, `/with/prescriptionLine/${i}`, []).rest}
						onLine={(next) => setLines(lines.map((other, j) => (i === j ? next : other)))}
						onRemove={() => setLines(lines.filter((_, j) => i !== j))}
					/>
				))}
				<button type="button" onClick={() => setLines([...lines, {}])}>
					<Icon name="plus" size={20} /> {t("prescription.addLine")}
				</button>
				<div class="foot">
					{problems.rest.map((one) => <p key={one.fr} class="problem">{say(one)}</p>)}
					{error ? error.problems.length ? <Notice kind="bad" live>{t("prescription.notSaved")}</Notice> : <ErrorNotice error={error} /> : null}
					{held && waiting ? <Notice kind="warn" live>{t("photo.waiting")}</Notice> : null}
					<DraftState draft={draft} />
					<div class="row">
						<button class="primary" disabled={busy}>{busy ? t("base.saving") : t("base.save")}</button>
						<button type="button" onClick={back}>{t("base.later")}</button>
						{draft.draft ? <button type="button" class="plain" onClick={() => void discard()}>{t("base.discard")}</button> : null}
					</div>
				</div>
			</form>
		</>
	);
}

function NewView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const renews = place().query.get("renews");
	const medication = useData<Medication>(renews ? `/api/patients/${id}/medication` : null).data;
	const records = useData<{ records: Rec[] }>(renews ? `/api/patients/${id}/prescriptionLine` : null).data?.records;
	const former = medication?.prescriptions.find((one) => one.id === renews);
	return (
		<PatientFrame id={id} title={renews ? t("prescription.renewTitle") : t("prescription.add")} backTo={`/patients/${id}/prescriptions`}>
			{renews && (!medication || !records) ? <Progress text={t("base.reading")} /> : <NewForm patient={id} renews={renews} former={former} carried={formerLines(former, records ?? [])} />}
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/prescriptions/new", view: NewView, under: "/patients" };
