/* Journey 2: the visit that runs. Everything that is typed is kept at once; one tap ends and saves it, as one change. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { useDraft, type DraftKeeper } from "../api/drafts";
import { choiceOf, kindOf, useSchema, type Schema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Item, OpenProblem, PatientRow, Rec, Round, Visit } from "../api/types";
import { go, type Screen } from "../router";
import { DraftState, problemsOf } from "../ui/form";
import { Vitals } from "../ui/field";
import { Icon } from "../ui/icons";
import { Choices, Problems, Select, TextInput, Tick } from "../ui/inputs";
import { useMinutes } from "../ui/layout";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { Loaded, ScreenFrame } from "../ui/screen";
import { SCALES } from "../ui/scores";
import { say, t, tn } from "../words";
import { localOf, momentOf } from "../words/clock";
import { clock, dayOf, duration } from "../words/dates";
import { patientName } from "./patients";

const USUAL = ["sys", "dia", "pulse", "temp", "spo2", "pain", "gluc", "kg"];
const SCORES = ["1", "2", "3", "4", "5"];

interface Parts {
	draft: DraftKeeper;
	schema: Schema;
	error: ApiError | undefined;
}

function problemsAt(error: ApiError | undefined, path: string) {
	return (error?.problems ?? []).filter((problem) => problem.path === path);
}

/* ---- What was done ---- */

interface Plan {
	problems: { id: string; name?: string; items: (Item & { state?: string })[] }[];
	otherItems: (Item & { state?: string })[];
}

function Interventions({ draft, patient }: { draft: DraftKeeper; patient: string }) {
	const schema = useSchema();
	const plan = useData<Plan>(`/api/patients/${patient}/plan`).data;
	const round = useData<Round>(`/api/round?day=${dayOf()}`).data;
	const planned = [...(round?.visits ?? []), ...(round?.unclaimed ?? [])].filter((visit) => visit.patient === patient && visit.state !== "cancelled");
	const due = new Set(planned.flatMap((visit) => (visit.items ?? []).map((item) => item.id)));
	const items = [...(plan?.problems.flatMap((problem) => problem.items) ?? []), ...(plan?.otherItems ?? [])].filter((item) => item.state !== "ended");
	const done = Array.isArray(draft.values.done) ? (draft.values.done as string[]) : [];
	const set = (id: string, on: boolean): void => draft.set({ done: on ? [...done, id.slice(0, 12)] : done.filter((one) => one !== id.slice(0, 12)) });
	const line = (item: Item) => (
		<Tick key={item.id} checked={done.includes(item.id.slice(0, 12))} onChange={(on) => set(item.id, on)}>
			{item.target} <span class="quiet small">{say(choiceOf(schema, "intervention", "category", item.category))}{item.detail ? ` · ${item.detail}` : ""}</span>
		</Tick>
	);
	const now = items.filter((item) => due.has(item.id));
	const others = items.filter((item) => !due.has(item.id));
	return (
		<section class="card tight">
			<h2>{t("visit.interventions")}</h2>
			{plan && items.length === 0 ? <p class="quiet">{t("visit.noPlan")}</p> : null}
			{now.map(line)}
			{others.length ? (
				<details open={now.length === 0 && others.length < 8}>
					<summary>{tn("visit.otherItems", others.length)}</summary>
					{others.map(line)}
				</details>
			) : null}
		</section>
	);
}

/* ---- Scores ---- */

function Rating({ problem, index, parts }: { problem: OpenProblem; index: number; parts: Parts }) {
	const { draft, error } = parts;
	const ratings = draft.with.rating ?? [];
	const short = problem.id.slice(0, 12);
	const mine = ratings.find((one) => one.problem === short);
	const place = ratings.findIndex((one) => one.problem === short);
	const said = place < 0 ? [] : problemsAt(error, `/with/rating/${place}`);
	function set(scale: string, value: string): void {
		const next = { problem: short, ...mine } as Record<string, unknown>;
		if (value === "") delete next[scale];
		else next[scale] = Number(value);
		const others = ratings.filter((one) => one.problem !== short);
		const isEmpty = !SCALES.some((one) => next[one] !== undefined);
		draft.set({}, { rating: isEmpty ? others : [...others, next] });
	}
	return (
		<details class="rating" open={mine !== undefined || said.length > 0}>
			<summary>
				<span class="line-text">
					<strong>{problem.name || say(problem.label)}</strong>
					<span class="quiet small">
						{problem.current ? t("visit.lastScores", { k: problem.current.knowledge, b: problem.current.behaviour, s: problem.current.status }) : t("patient.neverRated")}
					</span>
				</span>
				{mine ? <span class="tag good">{SCALES.map((scale) => mine[scale] ?? "–").join(" · ")}</span> : null}
			</summary>
			<div class="stack">
				{SCALES.map((scale) => (
					<Choices
						key={scale}
						id={`rating-${index}-${scale}`}
						label={`${t(`visit.scale.${scale}`)}${problem.current ? ` · ${t("visit.before", { n: problem.current[scale] })}` : ""}`}
						options={SCORES.map((score) => ({ value: score, text: score }))}
						value={mine?.[scale] === undefined ? "" : String(mine[scale])}
						marked={problem.current ? String(problem.current[scale]) : undefined}
						onChoose={(value) => set(scale, value)}
						problems={said.filter((one) => one.field === scale)}
						clears
					/>
				))}
				<p class="quiet small">{t("visit.scaleHelp")}</p>
			</div>
		</details>
	);
}

function Ratings({ parts, patient }: { parts: Parts; patient: string }) {
	const from = useData<{ problems: OpenProblem[] }>(`/api/patients/${patient}/assessments`);
	const problems = (from.data?.problems ?? []).filter((problem) => (problem as { state?: string }).state !== "closed");
	if (from.data && problems.length === 0) return null;
	return (
		<section class="card tight">
			<h2>{t("visit.ratings")}</h2>
			{problems.map((problem, index) => <Rating key={problem.id} problem={problem} index={index} parts={parts} />)}
		</section>
	);
}

/* ---- The transmission ---- */

const DAR = ["data", "actions", "results"] as const;

function Transmission({ parts, patient }: { parts: Parts; patient: string }) {
	const { draft, schema, error } = parts;
	const problems = useData<{ problems: OpenProblem[] }>(`/api/patients/${patient}/assessments`).data?.problems ?? [];
	const note = (draft.with.transmission ?? [])[0] ?? {};
	const said = problemsAt(error, "/with/transmission/0");
	const fields = kindOf(schema, "transmission")?.fields ?? [];
	const urgencies = fields.find((field) => field.name === "urgency")?.choices ?? [];
	function set(name: string, value: string): void {
		const next: Record<string, unknown> = { ...note };
		if (value === "") delete next[name];
		else next[name] = value;
		const isEmpty = !DAR.some((one) => next[one]);
		draft.set({}, { transmission: isEmpty && Object.keys(next).every((key) => key === "urgency") ? [] : [next] });
	}
	const of = (name: string) => said.filter((one) => one.field === name);
	return (
		<section class="card stack">
			<h2>{t("visit.transmission")}</h2>
			<Select
				id="dar-problem"
				label={t("visit.focus")}
				options={problems.map((problem) => ({ value: problem.id.slice(0, 12), text: problem.name || say(problem.label) }))}
				value={String(note.problem ?? "")}
				onChoose={(value) => set("problem", value)}
				problems={[...of("problem"), ...of("focus"), ...of("code")]}
			/>
			{DAR.map((name) => (
				<TextInput key={name} id={`dar-${name}`} label={t(`visit.${name}`)} rows={2} value={String(note[name] ?? "")} onInput={(value) => set(name, value)} problems={of(name)} />
			))}
			<Choices
				id="dar-urgency"
				label={t("visit.urgency")}
				options={urgencies.map((choice) => ({ value: choice.name, text: say(choice.label) }))}
				value={String(note.urgency ?? "usual")}
				onChoose={(value) => set("urgency", value)}
				problems={of("urgency")}
			/>
		</section>
	);
}

/* ---- Times, and how it went ---- */

function Times({ parts, visit }: { parts: Parts; visit: Visit }) {
	const { draft, schema, error } = parts;
	const problems = problemsOf(error, "", []);
	const outcomes = kindOf(schema, "visit")?.fields.find((field) => field.name === "outcome")?.choices ?? [];
	const places = kindOf(schema, "visit")?.fields.find((field) => field.name === "place")?.choices ?? [];
	const moment = (name: "start" | "end", value: string): void => draft.set({ [name]: momentOf(value) });
	return (
		<details class="card">
			<summary>{t("visit.details")}</summary>
			<div class="stack">
				<TextInput id="visit-start" type="datetime-local" label={t("visit.start")} value={localOf(String(draft.values.start ?? visit.start))} onInput={(value) => moment("start", value)} problems={problems.of("start")} />
				<TextInput id="visit-end" type="datetime-local" label={t("visit.end")} help={t("visit.endHelp")} value={localOf(String(draft.values.end ?? ""))} onInput={(value) => moment("end", value)} problems={problems.of("end")} />
				<Select id="visit-outcome" label={t("visit.outcome")} options={outcomes.map((choice) => ({ value: choice.name, text: say(choice.label) }))} value={String(draft.values.outcome ?? "done")} onChoose={(value) => draft.set({ outcome: value === "done" || value === "" ? null : value })} problems={problems.of("outcome")} />
				<Select id="visit-place" label={t("visit.place")} options={places.map((choice) => ({ value: choice.name, text: say(choice.label) }))} value={String(draft.values.place ?? "home")} onChoose={(value) => draft.set({ place: value === "home" || value === "" ? null : value })} problems={problems.of("place")} />
			</div>
		</details>
	);
}

function Mistaken() {
	const [sure, setSure] = useState(false);
	const [error, setError] = useState<ApiError>();
	async function away(): Promise<void> {
		try {
			await ask("DELETE", "/api/visits/running");
			touchAll();
			go("/round", true);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<div class="tight">
			{sure ? (
				<Notice kind="warn">
					<p>{t("visit.mistakeSure")}</p>
					<div class="row">
						<button type="button" class="danger" onClick={() => void away()}>{t("visit.mistakeDo")}</button>
						<button type="button" onClick={() => setSure(false)}>{t("base.cancel")}</button>
					</div>
				</Notice>
			) : (
				<button type="button" class="plain" onClick={() => setSure(true)}>{t("visit.mistake")}</button>
			)}
			{error ? <ErrorNotice error={error} /> : null}
		</div>
	);
}

function Running({ visit }: { visit: Visit }) {
	const schema = useSchema();
	const draft = useDraft("visit", { kind: "visit", in: visit.patient });
	const patient = useData<PatientRow & Rec>(`/api/patients/${visit.patient}`).data;
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const minutes = useMinutes(String(draft?.values.start ?? visit.start));
	useEffect(() => {
		if (error) document.querySelector<HTMLElement>('main [aria-invalid="true"], main .problem')?.scrollIntoView({ block: "center" });
	}, [error]);
	if (!draft?.loaded || !schema) return <Progress text={t("base.reading")} />;
	const parts: Parts = { draft, schema, error };
	async function stop(): Promise<void> {
		if (!draft || busy) return;
		setBusy(true);
		setError(undefined);
		try {
			await draft.flush();
			if (draft.error) throw draft.error;
			await ask("POST", "/api/visits/stop", {});
			touchAll();
			go(`/visit/done?minutes=${minutes}&patient=${visit.patient}`, true);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			setBusy(false);
		}
	}
	const main = problemsOf(error, "", ["start", "end", "outcome", "place", "note", "vitals", "done"]);
	return (
		<ScreenFrame
			title={patient ? patientName(patient) : t("visit.title")}
			under={t("visit.since", { time: clock(String(draft.values.start ?? visit.start)) })}
			beside={<a class="button" href={`#/patients/${visit.patient}`}>{t("visit.file")}</a>}
			backTo="/round"
		>
			<div class="two visit-form">
				<div class="stack">
					<Interventions draft={draft} patient={visit.patient} />
					<section class="card tight">
						<h2>{t("visit.vitals")}</h2>
						<Vitals schema={schema} value={draft.values.vitals} only={USUAL} problems={main.of("vitals")} onValue={(value) => draft.set({ vitals: value })} />
						<details>
							<summary>{t("visit.moreVitals")}</summary>
							<Vitals schema={schema} value={draft.values.vitals} only={schema.vitals.map((vital) => vital.name).filter((name) => !USUAL.includes(name))} problems={[]} onValue={(value) => draft.set({ vitals: value })} />
						</details>
					</section>
				</div>
				<div class="stack">
					<section class="card">
						<TextInput id="visit-note" label={t("visit.note")} rows={3} value={String(draft.values.note ?? "")} onInput={(value) => draft.set({ note: value || null })} problems={main.of("note")} />
					</section>
					<Transmission parts={parts} patient={visit.patient} />
				</div>
			</div>
			<Ratings parts={parts} patient={visit.patient} />
			<Times parts={parts} visit={visit} />
			<Mistaken />
			<div class="foot">
				<Problems id="visit-said" problems={main.rest} />
				{error ? (error.problems.length ? <Notice kind="bad" live>{t("visit.notSaved")}</Notice> : <ErrorNotice error={error} />) : null}
				<DraftState draft={draft} />
				<button type="button" class="primary wide-button" disabled={busy} onClick={() => void stop()}>
					<Icon name="stop" size={20} /> {busy ? t("base.saving") : t("visit.stop", { time: duration(minutes) })}
				</button>
			</div>
		</ScreenFrame>
	);
}

function VisitView() {
	const from = useData<{ visit: Visit | null }>("/api/visits/running", ["visit", "news"]);
	return (
		<Loaded from={from}>
			{({ visit }) =>
				visit ? (
					<Running key={visit.id} visit={visit} />
				) : (
					<ScreenFrame title={t("visit.title")}>
						<div class="empty card">
							<p>{t("visit.none")}</p>
							<a class="button primary" href="#/round">{t("visit.toRound")}</a>
						</div>
					</ScreenFrame>
				)
			}
		</Loaded>
	);
}

export const screen: Screen = { path: "/visit", view: VisitView, under: "/round" };
