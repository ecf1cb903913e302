/* A problem is assessed: three scores, each with the one before beside it and the difference at once; the signs that are seen now. One change: all of it or nothing. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { draftKey, useDraft, valuesOf, type DraftKeeper } from "../api/drafts";
import { useOmaha, type Omaha } from "../api/omaha";
import { problemName, problemWords, usePlan, type PlanProblem, type Rating } from "../api/plan";
import { kindOf, useSchema, type Schema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Rec } from "../api/types";
import { go, place, type Screen } from "../router";
import { DraftState, problemsOf } from "../ui/form";
import { Choices, TextInput } from "../ui/inputs";
import { ChosenScores, ScalePicker, type Chosen } from "../ui/kbs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { ScreenFrame, Loaded } from "../ui/screen";
import { SCALES } from "../ui/scores";
import { SignPicker } from "../ui/terms";
import { say, t } from "../words";
import { when } from "../words/dates";

const EXPECTED = { knowledge: "expectedKnowledge", behaviour: "expectedBehaviour", status: "expectedStatus" } as const;
const KEPT = ["knowledge", "behaviour", "status", "expectedKnowledge", "expectedBehaviour", "expectedStatus", "rated", "note", "at"];
const LEVELS = ["1", "2", "3", "4", "5"];
const CLEARED = ""; /* as in ui/form.tsx: a draft cannot hold "taken away" */

type Fields = Record<string, unknown>;
type Said = (field: string) => ApiError["problems"];

interface Parts {
	patient: string;
	problem: PlanProblem;
	omaha: Omaha;
	schema: Schema;
}

/* ---- The scores ---- */

function ScoreFields({ parts, rating, before, set, said }: { parts: Parts; rating: Fields; before: PlanProblem["current"]; set: (fields: Fields) => void; said: Said }) {
	return (
		<div class="kbs-all">
			{SCALES.map((name, place) => {
				const scale = parts.omaha.scales[place];
				return scale ? <ScalePicker key={name} id={`assess-${name}`} name={name} scale={scale} value={rating[name] as number | undefined} before={before?.[name]} onChoose={(value) => set({ [name]: value })} problems={said(name)} /> : null;
			})}
		</div>
	);
}

function MoreFields({ parts, rating, set, said }: { parts: Parts; rating: Fields; set: (fields: Fields) => void; said: Said }) {
	const { problem, schema } = parts;
	const rated = kindOf(schema, "rating")?.fields.find((field) => field.name === "rated")?.choices ?? [];
	return (
		<>
			<Choices id="assess-rated" label={t("assess.rated")} options={rated.map((choice) => ({ value: choice.name, text: say(choice.label) }))} value={String(rating.rated ?? "patient")} onChoose={(value) => set({ rated: value === "patient" ? undefined : value })} problems={said("rated")} />
			{SCALES.map((scale) => (
				<Choices
					key={scale}
					id={`assess-expected-${scale}`}
					label={t(`assess.expected.${scale}`)}
					options={LEVELS.map((level) => ({ value: level, text: level }))}
					value={String(rating[EXPECTED[scale]] ?? "")}
					marked={problem.expected?.[scale] === undefined ? undefined : String(problem.expected[scale])}
					onChoose={(value) => set({ [EXPECTED[scale]]: value === "" ? undefined : Number(value) })}
					problems={said(EXPECTED[scale])}
					clears
				/>
			))}
		</>
	);
}

function chosenOf(rating: Fields): Chosen {
	return Object.fromEntries(SCALES.flatMap((scale) => (typeof rating[scale] === "number" ? [[scale, rating[scale]]] : [])));
}

/* ---- Saving ---- */

function useSaving(parts: Parts, draft: DraftKeeper | undefined): { error: ApiError | undefined; busy: boolean; save: (more: Fields) => Promise<void>; discard: () => Promise<void> } {
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const back = `/patients/${parts.patient}/problems/${parts.problem.id}`;
	useEffect(() => {
		if (error) document.querySelector<HTMLElement>("main .problem, main .notice.bad")?.scrollIntoView({ block: "center" });
	}, [error]);
	async function save(more: Fields): Promise<void> {
		if (!draft || busy) return;
		setBusy(true);
		setError(undefined);
		try {
			await draft.flush();
			if (draft.error) throw draft.error;
			await ask("POST", `/api/drafts/${draft.key}/save`, more);
			touchAll();
			go(back, true);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			setBusy(false);
		}
	}
	async function discard(): Promise<void> {
		if (draft?.draft) await ask("DELETE", `/api/drafts/${draft.key}`).catch(() => undefined);
		go(back, true);
	}
	return { error, busy, save, discard };
}

function Foot({ draft, chosen, before, saving, onSave }: { draft: DraftKeeper; chosen: Chosen; before: PlanProblem["current"]; saving: ReturnType<typeof useSaving>; onSave: () => void }) {
	return (
		<div class="foot">
			<ChosenScores chosen={chosen} before={before} />
			{saving.error && saving.error.problems.length === 0 ? <ErrorNotice error={saving.error} /> : null}
			<DraftState draft={draft} />
			<div class="row">
				<button type="button" class="primary" disabled={saving.busy} onClick={onSave}>{saving.busy ? t("base.saving") : t("base.save")}</button>
				{draft.draft ? <button type="button" class="plain" onClick={() => void saving.discard()}>{t("base.discard")}</button> : null}
			</div>
		</div>
	);
}

/* ---- Again ---- */

function Assess({ parts, record }: { parts: Parts; record: Rec }) {
	const { problem, patient } = parts;
	const draft = useDraft(draftKey("assess", patient, problem.id), { kind: "problem", in: patient, record: problem.id });
	const saving = useSaving(parts, draft);
	const [isEmpty, setEmpty] = useState(false);
	if (!draft?.loaded) return <Progress text={t("base.reading")} />;
	const rating = draft.with.rating?.[0] ?? {};
	const signs = (draft.values.signCodes ?? record.signCodes ?? []) as string[];
	const ofRating: Said = (field) => problemsOf(saving.error, "/with/rating/0", []).rest.filter((one) => one.field === field);
	const main = problemsOf(saving.error, "", ["signCodes", "signs", "reassessOn"]);
	function set(fields: Fields): void {
		const next = Object.fromEntries(Object.entries({ ...rating, ...fields }).filter(([name, value]) => value !== undefined && name !== "problem"));
		draft?.set({}, { rating: Object.keys(next).length ? [{ problem: problem.id.slice(0, 12), ...next }] : [] });
	}
	function save(): void {
		const nothing = Object.keys(rating).length === 0 && Object.keys(draft?.values ?? {}).length === 0;
		setEmpty(nothing);
		const cleared = Object.fromEntries(Object.entries(draft?.values ?? {}).filter(([, value]) => value === CLEARED).map(([field]) => [field, null]));
		if (!nothing) void saving.save({ ...cleared, seen: record.seen });
	}
	return (
		<>
			<section class="card stack">
				<h2>{t("assess.scores")}</h2>
				<p class="quiet small">{problem.ratings.length ? t("assess.last", { when: when(problem.ratings[problem.ratings.length - 1]?.at ?? "") }) : t("assess.first")}</p>
				<ScoreFields parts={parts} rating={rating} before={problem.current} set={set} said={ofRating} />
				<TextInput id="assess-note" label={t("assess.note")} rows={2} value={String(rating.note ?? "")} onInput={(value) => set({ note: value || undefined })} problems={ofRating("note")} />
			</section>
			<section class="card stack">
				<h2>{t("problem.signs")}</h2>
				{problem.severity === "actual" ? (
					<>
						{problem.foreign ? null : <SignPicker id="assess-signs" legend={t("assess.signsWhich")} code={problem.code} chosen={signs} onChange={(signCodes) => draft.set({ signCodes })} problems={main.of("signCodes")} />}
						<TextInput id="assess-signs-words" label={t("assess.signsWords")} rows={2} value={String(draft.values.signs ?? record.signs ?? "")} onInput={(value) => draft.set({ signs: value })} problems={main.of("signs")} />
					</>
				) : <p class="quiet">{t("assess.noSigns")} <a href={`#/patients/${patient}/plan/edit/problem/${problem.id}`}>{t("base.change")}</a></p>}
			</section>
			<details class="card">
				<summary>{t("assess.more")}</summary>
				<div class="stack">
					<MoreFields parts={parts} rating={rating} set={set} said={ofRating} />
					<TextInput id="assess-again" type="date" label={t("assess.again")} help={t("assess.againHelp", { n: problem.due?.everyDays ?? 90 })} value={String(draft.values.reassessOn ?? record.reassessOn ?? "")} onInput={(value) => draft.set({ reassessOn: value })} problems={main.of("reassessOn")} />
				</div>
			</details>
			{main.rest.map((one) => <Notice key={one.fr} kind="bad" live>{say(one)}</Notice>)}
			{isEmpty ? <Notice kind="warn" live>{t("assess.nothing")}</Notice> : null}
			<Foot draft={draft} chosen={chosenOf(rating)} before={problem.current} saving={saving} onSave={save} />
		</>
	);
}

/* ---- A rating was wrong: a new one cites it, and why ---- */

function Correct({ parts, rating }: { parts: Parts; rating: Rating }) {
	const { problem, patient } = parts;
	const draft = useDraft(draftKey("correct", patient, rating.id), { kind: "rating", in: patient }, { ...valuesOf(rating, KEPT), problem: problem.id.slice(0, 12), corrects: rating.id });
	const saving = useSaving(parts, draft);
	const [isMissing, setMissing] = useState(false);
	if (!draft?.loaded) return <Progress text={t("base.reading")} />;
	const said: Said = (field) => problemsOf(saving.error, "", []).rest.filter((one) => one.field === field);
	const set = (fields: Fields): void => draft.set(Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? null])));
	const reason = String(draft.values.reason ?? "");
	function save(): void {
		setMissing(reason.trim() === "");
		if (reason.trim()) void saving.save({});
	}
	return (
		<>
			<Notice kind="calm">{t("assess.correcting", { when: when(rating.at) })}</Notice>
			<section class="card stack">
				<ScoreFields parts={parts} rating={draft.values} before={rating} set={set} said={said} />
				<TextInput id="assess-note" label={t("assess.note")} rows={2} value={String(draft.values.note ?? "")} onInput={(value) => set({ note: value || undefined })} problems={said("note")} />
				<TextInput id="assess-reason" label={t("base.reason")} value={reason} onInput={(value) => draft.set({ reason: value })} required problems={isMissing && !reason.trim() ? [{ fr: "Dites ce qui était faux.", en: "Say what was wrong." }] : undefined} />
			</section>
			<Foot draft={draft} chosen={chosenOf(draft.values)} before={rating} saving={saving} onSave={save} />
		</>
	);
}

function AssessView({ params }: { params: Record<string, string> }) {
	const { id = "", problem: name = "" } = params;
	const [schema, omaha, from] = [useSchema(), useOmaha(), usePlan(id)];
	const record = useData<{ records: Rec[] }>(`/api/patients/${id}/problem?limit=5000`).data?.records.find((one) => one.id === name);
	const problem = from.data?.problems.find((one) => one.id === name);
	const corrects = place().query.get("corrects");
	const rating = problem?.ratings.find((one) => one.id === corrects);
	const ready = problem && record && schema && omaha;
	return (
		<ScreenFrame title={problem ? problemName(problem) : t("assess.title")} under={problem ? `${corrects ? t("assess.correction") : t("assess.title")} · ${problemWords(schema, problem)}` : undefined} backTo={`/patients/${id}/problems/${name}`}>
			<Loaded from={from}>
				{({ problems }) => (!ready ? problems.some((one) => one.id === name) ? <Progress text={t("base.reading")} /> : <p class="empty card">{t("base.error.notFound")}</p> : corrects && rating ? <Correct parts={{ patient: id, problem, omaha, schema }} rating={rating} /> : <Assess parts={{ patient: id, problem, omaha, schema }} record={record} />)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/problems/:problem/assess", view: AssessView, under: "/patients" };
