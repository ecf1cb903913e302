/* The care plan: what is done about which problem, how often, towards what, in the patient's own words, and when that is looked at again. */
import { inOrder, itemsInOrder, problemName, problemWords, usePlan, type CarePlan, type Goal, type PlanItem, type PlanProblem } from "../api/plan";
import { useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { PatientRow } from "../api/types";
import type { Screen } from "../router";
import { Changes } from "../ui/changes";
import { Icon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { GoalLine, Item } from "../ui/plan-items";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Scores } from "../ui/scores";
import { Age } from "../ui/trust";
import { UndoNotice } from "../ui/undo";
import { say, t, tn } from "../words";
import { dayWords } from "../words/dates";
import { patientName } from "./patients";

const NOTES_SHOWN = 3;

/** When it is to be assessed again. */
export function Due({ problem }: { problem: PlanProblem }) {
	if (!problem.due) return null;
	const day = dayWords(problem.due.day);
	const words = problem.ratings.length === 0 && !problem.due.said ? t("plan.dueFirst") : problem.due.late ? t("plan.dueSince", { day }) : t("plan.due", { day });
	return <span class={`tag${problem.due.late ? " warn" : ""}`}>{words}</span>;
}

function Attention({ plan }: { plan: CarePlan }) {
	/* the others are said beside what they are about, with what may be done */
	const notes = plan.attention.filter((note) => note.what === "goal" || note.what === "unreadable" || (note.what === "reassess" && note.late));
	if (notes.length === 0) return null;
	const line = (note: CarePlan["attention"][number]) => <li key={note.what + note.id}>{say(note)}</li>;
	return (
		<Notice kind="warn">
			<strong>{tn("plan.attention", notes.length)}</strong>
			<ul class="tight">{notes.slice(0, NOTES_SHOWN).map(line)}</ul>
			{notes.length > NOTES_SHOWN ? (
				<details>
					<summary>{tn("plan.otherNotes", notes.length - NOTES_SHOWN)}</summary>
					<ul class="tight">{notes.slice(NOTES_SHOWN).map(line)}</ul>
				</details>
			) : null}
		</Notice>
	);
}

function Goals({ goals, patient }: { goals: Goal[]; patient: string }) {
	return goals.length ? <ul class="tight">{goals.map((goal) => <GoalLine key={goal.id} goal={goal} patient={patient} />)}</ul> : null;
}

/** Those that are done now; what was ended is one tap away. */
function Items({ items, patient }: { items: PlanItem[]; patient: string }) {
	const now = itemsInOrder(items).filter((item) => item.state !== "ended");
	const ended = items.filter((item) => item.state === "ended");
	return (
		<>
			{now.length ? <ul class="plan-items">{now.map((item) => <Item key={item.id} item={item} patient={patient} />)}</ul> : null}
			{ended.length ? (
				<details>
					<summary>{tn("plan.endedItems", ended.length)}</summary>
					<ul class="plan-items">{ended.map((item) => <Item key={item.id} item={item} patient={patient} />)}</ul>
				</details>
			) : null}
		</>
	);
}

function ProblemCard({ problem, patient }: { problem: PlanProblem; patient: string }) {
	const schema = useSchema();
	const short = problem.id.slice(0, 12);
	return (
		<section class="card stack plan-problem">
			<div class="tight">
				<div class="row apart">
					<h2><a href={`#/patients/${patient}/problems/${problem.id}`}>{problemName(problem)}</a></h2>
					<Due problem={problem} />
				</div>
				<p class="small quiet">{problemWords(schema, problem)}</p>
				<Scores current={problem.current} previous={problem.previous} />
			</div>
			<Goals goals={problem.goals} patient={patient} />
			<Items items={problem.items} patient={patient} />
			<div class="row">
				<a class="button" href={`#/patients/${patient}/plan/add/intervention?problem=${short}`}><Icon name="plus" size={20} /> {t("plan.addItem")}</a>
				<a class="button" href={`#/patients/${patient}/plan/add/goal?problem=${short}`}><Icon name="plus" size={20} /> {t("plan.addGoal")}</a>
				<a class="button" href={`#/patients/${patient}/problems/${problem.id}/assess`}>{t("plan.assess")}</a>
			</div>
		</section>
	);
}

function Others({ plan, patient }: { plan: CarePlan; patient: string }) {
	if (plan.otherItems.length === 0 && plan.otherGoals.length === 0) return null;
	return (
		<section class="card stack plan-problem">
			<h2>{t("plan.others")}</h2>
			<Goals goals={plan.otherGoals} patient={patient} />
			<Items items={plan.otherItems} patient={patient} />
		</section>
	);
}

function Plan({ plan, patient }: { plan: CarePlan; patient: string }) {
	const open = inOrder(plan.problems).filter((problem) => problem.state !== "closed");
	const closed = plan.problems.filter((problem) => problem.state === "closed");
	return (
		<>
			<div class="row apart">
				<Age age={plan.age} />
				<button type="button" class="plain" onClick={() => print()}>{t("plan.print")}</button>
			</div>
			{plan.unverified ? <Notice kind="warn">{t("plan.unverified")}</Notice> : null}
			<Attention plan={plan} />
			{plan.problems.length === 0 ? <p class="empty card">{t("plan.nothing")}</p> : null}
			{open.map((problem) => <ProblemCard key={problem.id} problem={problem} patient={patient} />)}
			<Others plan={plan} patient={patient} />
			<a class="button wide-button" href={`#/patients/${patient}/problems/new`}><Icon name="plus" size={20} /> {t("plan.addProblem")}</a>
			{closed.length ? (
				<details class="card">
					<summary>{tn("plan.closed", closed.length)}</summary>
					<ul class="rows">
						{closed.map((problem) => (
							<li key={problem.id}>
								<a class="line" href={`#/patients/${patient}/problems/${problem.id}`}>
									<span class="line-text"><strong>{problemName(problem)}</strong></span>
									<Icon name="next" size={20} />
								</a>
							</li>
						))}
					</ul>
				</details>
			) : null}
			<Changes document={patient} kind="intervention" title={t("plan.changes")} />
			<UndoNotice document={patient} />
		</>
	);
}

function PlanView({ params }: { params: Record<string, string> }) {
	const id = params.id ?? "";
	const from = usePlan(id);
	const patient = useData<PatientRow>(`/api/patients/${id}`).data;
	return (
		<ScreenFrame
			title={t("plan.title")}
			under={patient ? <a href={`#/patients/${id}`}>{patientName(patient)}</a> : undefined}
			backTo={`/patients/${id}`}
		>
			<Loaded from={from}>{(plan) => <Plan plan={plan} patient={id} />}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/plan", view: PlanView, under: "/patients" };
