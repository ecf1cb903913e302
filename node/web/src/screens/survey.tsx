/* One questionnaire campaign: handed over, on paper, its results, and what of them facilitators are shown. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import { cellLabel, type Hand, type Questionnaire, type Results } from "../api/survey";
import type { Screen } from "../router";
import { hands } from "../start/handed";
import { Choices, TextInput, Tick } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Paper } from "../ui/paper";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Confirm } from "../ui/confirm";
import { language, say, t, tn } from "../words";
import { dayOf, shortDay } from "../words/dates";
import { number, percent } from "../words/money";
import { ShownResult } from "./surveys";

/* node/survey: SURVEY_BATCH_MIN */
const TOGETHER = 5;

function HandOver({ survey }: { survey: Results }) {
	const nurses = survey.questionnaire.audience === "nurse";
	const [whose, setWhose] = useState("");
	async function hand(): Promise<void> {
		hands.give(await ask<Hand>("POST", `/api/surveys/${survey.id}/hand-over`, nurses ? { device: whose } : {}));
	}
	return (
		<section class="card stack">
			<h2>{t("survey.handOver")}</h2>
			<p>{t("survey.handOverWhat")}</p>
			<Confirm label={t("survey.handOver")} yes={t("survey.handOverDo")} onYes={hand} primary>
				<p>{t("survey.handOverAsk")}</p>
				{nurses ? <Choices id="whose" label={t("survey.whose")} options={[{ value: "colleague", text: t("survey.whose.colleague") }, { value: "own", text: t("survey.whose.own") }]} value={whose} onChoose={setWhose} required /> : null}
				{whose === "own" ? <Notice kind="warn">{t("survey.ownTells")}</Notice> : null}
			</Confirm>
		</section>
	);
}

function PaperForms({ survey, onPaper }: { survey: Results; onPaper: (html: string) => void }) {
	const [count, setCount] = useState("30");
	const [error, setError] = useState<ApiError>();
	async function sheets(): Promise<void> {
		setError(undefined);
		await ask<{ html: string }>("GET", `/api/surveys/${survey.id}/print?count=${encodeURIComponent(count)}&lang=${language()}`).then((reply) => onPaper(reply.html), (problem: unknown) => problem instanceof ApiError && setError(problem));
	}
	return (
		<section class="card stack">
			<h2>{t("survey.paper")}</h2>
			<p>{t("survey.paperWhat")}</p>
			<TextInput id="sheets" label={t("survey.sheets")} mode="numeric" value={count} onInput={setCount} />
			{error ? <ErrorNotice error={error} /> : null}
			<div class="row">
				<button type="button" onClick={() => void sheets()}>{t("survey.printSheets")}</button>
				<a class="button" href={`#/surveys/${survey.id}/paper`}>{t("survey.typeIn")}</a>
			</div>
		</section>
	);
}

function Questions({ survey }: { survey: Results }) {
	if (survey.forms === 0) return <p class="card">{t("survey.noResult")}</p>;
	return (
		<section class="stack">
			<h2>{t("survey.results")}</h2>
			<p class="quiet small">{t("survey.resultsWhat")}</p>
			{survey.questions.map((one) => {
				const question = survey.questionnaire.questions?.find((other) => other.number === one.number);
				if (question?.type === "text") return null;
				const cells = [...one.cells, ...(one.open ? [{ name: "no-answer", count: one.open }] : [])].filter((cell) => cell.count > 0 || question?.type !== "scale");
				return (
					<section key={one.number} class="card tight">
						<h3>{say(one.label) || one.name}</h3>
						{one.mean ? <p><strong>{number(Number(one.mean), 1)}</strong> <span class="quiet">{t("survey.outOfTen", { n: one.answered })}</span></p> : one.percent ? <p><strong>{percent(Number(one.percent) / 100)}</strong> <span class="quiet">{t("survey.saidYes", { n: one.answered })}</span></p> : null}
						<ul class="bars">{cells.map((cell) => <li key={cell.name}><span>{say(cellLabel(question, cell.name, t("surveys.noAnswer")))}</span><progress value={cell.count} max={survey.forms} aria-hidden="true" /><strong>{cell.count}</strong></li>)}</ul>
					</section>
				);
			})}
			{survey.texts.length ? <section class="card tight"><h3>{t("surveys.words")}</h3>{survey.texts.map((one, index) => <blockquote key={index} class="prose">{one.text}</blockquote>)}</section> : null}
		</section>
	);
}

/** Ends it, writes what waits, and shows facilitators what may be shown. */
function Ending({ survey }: { survey: Results }) {
	const [few, setFew] = useState(false);
	const [said, setSaid] = useState("");
	const little = survey.waiting > 0 && survey.waiting < TOGETHER;
	async function close(): Promise<void> {
		const reply = await ask<{ shown: "written" | "kept" | "few" }>("POST", `/api/surveys/${survey.id}/close`, few ? { few: true } : {});
		setSaid(t(`survey.ended.${reply.shown}`));
		touchAll();
	}
	return (
		<section class="card stack">
			<h2>{survey.state === "closed" ? t("survey.again") : t("survey.end")}</h2>
			{said ? <Notice kind="good" live>{said}</Notice> : null}
			<Confirm label={survey.state === "closed" ? t("survey.againDo") : t("survey.end")} yes={survey.state === "closed" ? t("survey.againDo") : t("survey.endDo")} onYes={close}>
				<p>{t("survey.endWhat")}</p>
				{little ? <><Notice kind="warn">{tn("survey.few", survey.waiting)}</Notice><Tick checked={few} onChange={setFew}>{t("survey.fewAnyway")}</Tick></> : null}
			</Confirm>
		</section>
	);
}

function ForOthers({ survey }: { survey: Results }) {
	const questionnaires = useData<{ questionnaires: Questionnaire[] }>("/api/surveys/questionnaires", []).data?.questionnaires ?? [];
	const [chosen, setChosen] = useState<string[]>((survey.shown?.texts ?? "").split("\n").filter(Boolean));
	async function show(): Promise<void> {
		await ask("POST", `/api/surveys/${survey.id}/texts`, { texts: chosen });
		touchAll();
	}
	if (!survey.shown) return null;
	return (
		<details class="card">
			<summary>{t("survey.forOthers")}</summary>
			<div class="stack">
				<p>{t("survey.forOthersWhat")}</p>
				<ShownResult shown={survey.shown} questionnaires={questionnaires} />
				{survey.texts.length ? (
					<Confirm label={t("survey.chooseTexts")} yes={t("survey.chooseTextsDo")} onYes={show}>
						<p>{t("survey.chooseTextsWhat")}</p>
						{[...new Set(survey.texts.map((one) => one.text))].map((text) => <Tick key={text} checked={chosen.includes(text)} onChange={(on) => setChosen(on ? [...chosen, text] : chosen.filter((other) => other !== text))}>{text}</Tick>)}
					</Confirm>
				) : null}
			</div>
		</details>
	);
}

function Collected({ survey }: { survey: Results }) {
	const [reason, setReason] = useState("");
	async function cancel(batch: string): Promise<void> {
		await ask("POST", `/api/surveys/${survey.id}/cancel`, { batch, reason: reason.trim() });
		touchAll();
	}
	if (survey.collected.length === 0) return null;
	return (
		<details class="card" open={survey.typedTwice.length > 0}>
			<summary>{tn("survey.batches", survey.collected.length)}</summary>
			<div class="stack">
				<p>{t("survey.batchesWhat")}</p>
				{survey.typedTwice.map((one) => <Notice key={one.number} kind="warn">{t("survey.twice", { number: one.number })}</Notice>)}
				<ul class="stack">
					{survey.collected.map((batch) => (
						<li key={batch.id} class="tight">
							<p>{t("survey.batch", { week: shortDay(batch.week), forms: tn("surveys.forms", batch.forms) })}{survey.typedTwice.some((one) => one.batches.includes(batch.id)) ? ` · ${t("survey.hasTwice")}` : ""}</p>
							<Confirm label={t("survey.cancel")} yes={t("survey.cancelDo")} onYes={() => cancel(batch.id)} danger>
								<p>{t("survey.cancelWhat")}</p>
								<TextInput id={`cancel-${batch.id}`} label={t("survey.cancelReason")} required value={reason} onInput={setReason} />
							</Confirm>
						</li>
					))}
				</ul>
			</div>
		</details>
	);
}

function SurveyView({ params }: { params: Record<string, string> }) {
	const from = useData<Results>(`/api/surveys/${params.id ?? ""}/results`);
	const [paper, setPaper] = useState("");
	if (paper) return <ScreenFrame title={from.data?.title ?? ""}><Paper html={paper} onClose={() => setPaper("")} /></ScreenFrame>;
	return (
		<Loaded from={from}>
			{(survey) => {
				const today = dayOf();
				const going = survey.state === "open" && today >= survey.from && today <= survey.until;
				return (
					<ScreenFrame title={survey.title} backTo="/surveys" under={`${say(survey.questionnaire.label)} · ${t("surveys.days", { from: shortDay(survey.from), until: shortDay(survey.until) })}`}>
						<p>{tn("surveys.forms", survey.forms)}{survey.waiting > 0 ? ` · ${tn("surveys.waiting", survey.waiting)}` : ""}</p>
						{survey.waiting > 0 ? <p class="quiet small">{t("survey.waitingWhat")}</p> : null}
						{survey.questionnaire.questions ? going ? <HandOver survey={survey} /> : survey.state === "open" ? <Notice kind="calm">{t("survey.notNow")}</Notice> : null : <Notice kind="warn">{t("surveys.unknownQuestions")}</Notice>}
						<Questions survey={survey} />
						<PaperForms survey={survey} onPaper={setPaper} />
						<ForOthers key={survey.shown?.texts ?? ""} survey={survey} />
						<Collected survey={survey} />
						<Ending survey={survey} />
					</ScreenFrame>
				);
			}}
		</Loaded>
	);
}

export const screen: Screen = { path: "/surveys/:id", view: SurveyView, under: "/more" };
