/* One problem of a patient: how it stands, how it went, and who said so when. */
import { draftKey } from "../api/drafts";
import { targetName, useOmaha } from "../api/omaha";
import { itemsInOrder, problemName, problemWords, usePlan, type PlanProblem, type Rating } from "../api/plan";
import { useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Holder, Rec } from "../api/types";
import type { Screen } from "../router";
import { Changes } from "../ui/changes";
import { Delta } from "../ui/kbs";
import { Notice } from "../ui/notice";
import { changeRecord, GoalLine } from "../ui/plan-items";
import { usePeople } from "../ui/people";
import { Plot } from "../ui/plot";
import { WithReason } from "../ui/reason";
import { Loaded, ScreenFrame } from "../ui/screen";
import { SCALES } from "../ui/scores";
import { OnDevices } from "../ui/trust";
import { UndoNotice } from "../ui/undo";
import { say, t, tn } from "../words";
import { dayOf, dayWords, when } from "../words/dates";
import { Due } from "./plan";

interface Parts {
	problem: PlanProblem;
	patient: string;
}

function Now({ problem }: { problem: PlanProblem }) {
	const { current, previous, expected } = problem;
	if (!current) return <p class="quiet">{t("patient.neverRated")}</p>;
	return (
		<dl class="kbs-now">
			{SCALES.map((scale) => (
				<div key={scale}>
					<dt>{t(`visit.scale.${scale}`)}</dt>
					<dd>
						<strong>{current[scale]}</strong><span class="quiet">/5</span> <Delta from={previous?.[scale]} to={current[scale]} />
						<span class="quiet small kbs-aim">{[previous ? t("patient.before", { n: previous[scale] }) : "", expected?.[scale] ? t("problem.expected", { n: expected[scale] }) : ""].filter(Boolean).join(" · ")}</span>
					</dd>
				</div>
			))}
		</dl>
	);
}

/** What the lines say: from where to where, since when. */
function plotWords({ first, current, ratings }: PlanProblem): string {
	const went = SCALES.map((scale) => `${t(`visit.scale.${scale}`).toLowerCase()} ${ratings.length > 1 && first ? `${first[scale]} → ` : ""}${current?.[scale] ?? ""}`).join(", ");
	const day = dayWords(dayOf(ratings[0]?.at ?? ""));
	return ratings.length > 1 ? t("problem.since", { day, scores: went }) : t("problem.once", { day, scores: went });
}

function Signs({ problem }: { problem: PlanProblem }) {
	const terms = useOmaha()?.problems.find((one) => one.code === problem.code)?.signs ?? [];
	const codes = problem.signCodes ?? [];
	const nameOf = (code: string): string => (problem.foreign ? "" : say(terms.find((term) => term.code === code)?.label)) || code;
	if (codes.length === 0 && !problem.signs) return null;
	return (
		<div class="tight">
			<h3>{t("problem.signs")}</h3>
			{codes.length ? <ul class="row">{codes.map((code) => <li key={code} class="tag">{nameOf(code)}</li>)}</ul> : null}
			{problem.signs ? <p class="prose">{problem.signs}</p> : null}
		</div>
	);
}

/** One rating, with what it changed; a corrected one stays, struck through. */
function RatingLine({ rating, before, parts, holders }: { rating: Rating; before: Rating | undefined; parts: Parts; holders: Holder[] }) {
	const nameOf = usePeople();
	const name = nameOf(rating.nurse);
	return (
		<li class={`tight rating-line${rating.corrected ? " was" : ""}`}>
			<p><strong>{when(rating.at)}</strong> {name ? <span class="quiet">{t("problem.by", { name })}</span> : null}</p>
			<p class="row">
				{SCALES.map((scale) => (
					<span key={scale}>{t(`visit.scale.${scale}`)} <strong>{rating[scale]}</strong> {rating.corrected ? null : <Delta from={before?.[scale]} to={rating[scale]} />}</span>
				))}
			</p>
			{rating.note ? <p class="prose">{rating.note}</p> : null}
			{rating.reason ? <p class="small">{t("problem.correction", { reason: rating.reason })}</p> : null}
			{rating.corrected ? <p class="small quiet">{t("problem.corrected")}</p> : null}
			<div class="row">
				<OnDevices on={rating.on} holders={holders} />
				{rating.corrected || parts.problem.state === "closed" ? null : <a class="button plain" href={`#/patients/${parts.patient}/problems/${parts.problem.id}/assess?corrects=${rating.id}`}>{t("problem.correct")}</a>}
			</div>
		</li>
	);
}

/** What is done about it now; the plan has the rest. */
function Care({ parts }: { parts: Parts }) {
	const omaha = useOmaha();
	const items = itemsInOrder(parts.problem.items).filter((item) => item.state !== "ended");
	return (
		<section class="card tight">
			<div class="row apart"><h2>{tn("problem.items", items.length)}</h2> <a class="button plain" href={`#/patients/${parts.patient}/plan`}>{t("plan.title")}</a></div>
			{items.map((item) => <p key={item.id}><strong>{targetName(omaha, item)}</strong> <span class="quiet">{[item.detail, item.rhythm.is === "rule" ? say(item.rhythm) : item.recurrence].filter(Boolean).join(" · ")}</span></p>)}
		</section>
	);
}

function History({ parts }: { parts: Parts }) {
	const { problem, patient } = parts;
	const from = useData<{ records: Rating[]; holders?: Holder[] }>(`/api/patients/${patient}/rating?limit=2000`);
	return (
		<section class="card stack">
			<h2>{tn("problem.ratings", problem.ratings.length)}</h2>
			<Loaded from={from}>
				{({ records, holders = [] }) => {
					const mine = records.filter((rating) => problem.id.startsWith(rating.problem)).sort((a, b) => b.at.localeCompare(a.at));
					return (
						<ul class="stack">
							{mine.map((rating, place) => (
								<RatingLine key={rating.id} rating={rating} before={mine.slice(place + 1).find((one) => !one.corrected)} parts={parts} holders={holders} />
							))}
						</ul>
					);
				}}
			</Loaded>
		</section>
	);
}

function OpenOrClosed({ parts }: { parts: Parts }) {
	const { problem, patient } = parts;
	const record = useData<{ records: Rec[] }>(`/api/patients/${patient}/problem?limit=5000`).data?.records.find((one) => one.id === problem.id);
	if (!record) return null;
	const name = problemName(problem);
	const isClosed = problem.state === "closed";
	return (
		<div class="row">
			<a class="button" href={`#/patients/${patient}/plan/edit/problem/${problem.id}`}>{t("base.change")}</a>
			<WithReason
				key={String(isClosed)}
				id="problem-reason"
				label={isClosed ? t("problem.reopen") : t("problem.close")}
				confirm={isClosed ? t("problem.reopen") : t("problem.close")}
				act={(reason) => changeRecord(patient, record, { state: isClosed ? "open" : "closed" }, reason, isClosed ? t("problem.reopened", { name }) : t("problem.closed", { name }))}
			/>
		</div>
	);
}

function Problem({ parts }: { parts: Parts }) {
	const { problem, patient } = parts;
	const notice = useOmaha()?.notice;
	const key = draftKey("assess", patient, problem.id);
	const begun = useData<{ drafts: { key: string; changed: string }[] }>("/api/drafts").data?.drafts.find((draft) => draft.key === key);
	return (
		<>
			{problem.rules?.map((rule) => <Notice key={rule.fr} kind="warn">{say(rule)}</Notice>)}
			<section class="card stack">
				<div class="row apart"><h2>{t("problem.now")}</h2> <Due problem={problem} /></div>
				<Now problem={problem} />
				<Signs problem={problem} />
				{problem.state === "closed" ? null : (
					<a class="button primary wide-button" href={`#/patients/${patient}/problems/${problem.id}/assess`}>{begun ? t("problem.resume", { time: when(begun.changed) }) : t("plan.assess")}</a>
				)}
				<OpenOrClosed parts={parts} />
			</section>
			{problem.goals.length ? <section class="card tight"><h2>{t("problem.goals")}</h2><ul class="tight">{problem.goals.map((goal) => <GoalLine key={goal.id} goal={goal} patient={patient} />)}</ul></section> : null}
			{problem.ratings.length ? (
				<section class="card">
					<Plot
						title={t("problem.plot")}
						summary={plotWords(problem)}
						kind="line"
						min={1}
						max={5}
						series={SCALES.map((scale) => ({ label: t(`visit.scale.${scale}`), points: problem.ratings.map((rating) => ({ at: rating.at, value: rating[scale] })) }))}
					/>
				</section>
			) : null}
			<Care parts={parts} />
			<History parts={parts} />
			<Changes document={patient} kind="problem" id={problem.id} title={t("problem.changes")} />
			{notice ? <p class="quiet small">{say(notice)}</p> : null}
			<UndoNotice document={patient} />
		</>
	);
}

function ProblemView({ params }: { params: Record<string, string> }) {
	const { id = "", problem: name = "" } = params;
	const schema = useSchema();
	const from = usePlan(id);
	const problem = from.data?.problems.find((one) => one.id === name);
	return (
		<ScreenFrame
			title={problem ? problemName(problem) : t("problem.title")}
			under={problem ? [problemWords(schema, problem), problem.state === "closed" ? t("problem.isClosed") : ""].filter(Boolean).join(" · ") : undefined}
			backTo={`/patients/${id}/plan`}
		>
			<Loaded from={from}>{() => (problem ? <Problem parts={{ problem, patient: id }} /> : <p class="empty card">{t("base.error.notFound")}</p>)}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/problems/:problem", view: ProblemView, under: "/patients" };
