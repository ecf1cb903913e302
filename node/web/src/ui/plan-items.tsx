/* What a care plan is made of: an intervention with how often, whose it is and its state; a goal in the patient's words. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { targetName, useOmaha } from "../api/omaha";
import type { Goal, PlanItem } from "../api/plan";
import { choiceOf, useSchema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Holder, Rec } from "../api/types";
import { say, t } from "../words";
import { dayWords } from "../words/dates";
import { capital } from "../words/money";
import type { Saved } from "./form";
import { ErrorNotice, Notice } from "./notice";
import { usePeople } from "./people";
import { WithReason } from "./reason";
import { useRule } from "./recurrence";
import { isRule } from "./rule";
import { OnDevices } from "./trust";
import { offerUndo } from "./undo";

/** One record is changed, as far as it was seen; `done` says what happened, and how it is taken back. */
export async function changeRecord(patient: string, record: Rec, fields: Record<string, unknown>, reason: string, done: string): Promise<void> {
	const saved = await ask<Saved>("PATCH", `/api/patients/${patient}/${record.kind}/${record.id}`, { ...fields, seen: record.seen, reason });
	touchAll();
	await offerUndo(patient, saved, done);
}

/** How often, and when next; words that plan nothing say so, with what they mean mostly one tap away. */
function Rhythm({ item, patient }: { item: PlanItem; patient: string }) {
	const [error, setError] = useState<ApiError>();
	const target = targetName(useOmaha(), item);
	const { rhythm } = item;
	async function plan(): Promise<void> {
		setError(undefined);
		try {
			const saved = await ask<Saved>("POST", `/api/patients/${patient}/plan/${item.id}/schedule`, { reason: t("plan.meant"), seen: item.seen });
			touchAll();
			await offerUndo(patient, saved, t("plan.scheduled", { target }));
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	if (rhythm.is === "rule")
		return <p>{capital(say(rhythm))}{rhythm.next ? <span class="quiet"> · {t("plan.next", { day: dayWords(rhythm.next) })}</span> : null}</p>;
	if (rhythm.is === "none") return item.action && item.action !== "nursing" ? null : <p class="quiet">{t("plan.noRhythm")}</p>;
	return (
		<div class="tight">
			<p>{t("plan.quoted", { words: item.recurrence ?? "" })} <span class="quiet">· {rhythm.is === "words" ? t("plan.inWords") : t("plan.unreadable")}</span></p>
			{rhythm.proposed ? <button type="button" onClick={() => void plan()}>{t("plan.propose", { words: say(rhythm.proposed) })}</button> : null}
			{error ? <ErrorNotice error={error} /> : null}
		</div>
	);
}

/** One of two values that were written apart: one tap and a reason keep it. */
function Kept({ item, patient, field, value, place }: { item: PlanItem; patient: string; field: "recurrence" | "state"; value: string; place: number }) {
	const schema = useSchema();
	const rule = useRule(field === "recurrence" && isRule(value) ? value : "").data;
	const words = capital(rule ? say(rule) : field === "state" ? say(choiceOf(schema, "intervention", "state", value)) : value);
	return <WithReason id={`apart-${item.id}-${field}-${place}`} label={words} confirm={t("plan.keep")} act={(reason) => changeRecord(patient, item, { [field]: value }, reason, t("plan.kept", { words }))} />;
}

/** Two colleagues wrote it apart: both are shown. */
function Apart({ item, patient }: { item: PlanItem; patient: string }) {
	const choices = (["recurrence", "state"] as const).flatMap((field) => {
		const apart = item.concurrent?.[field];
		return apart?.conflict ? ((apart.values ?? []) as { value: string }[]).map(({ value }) => ({ field, value })) : [];
	});
	if (choices.length === 0) return null;
	return (
		<Notice kind="warn">
			<p>{t("plan.apart")}</p>
			<div class="row">
				{choices.map(({ field, value }, place) => <Kept key={field + value} item={item} patient={patient} field={field} value={value} place={place} />)}
			</div>
		</Notice>
	);
}

/** Where it is: said at once when it is only here, else among what one may do with it. */
function useHolders(patient: string, item: PlanItem): { on: number[] | undefined; holders: Holder[] } {
	const stored = useData<{ records: Rec[]; holders?: Holder[] }>(`/api/patients/${patient}/intervention?limit=1000`).data;
	return { on: stored?.records.find((one) => one.id === item.id)?.on, holders: stored?.holders ?? [] };
}

function Actions({ item, patient }: { item: PlanItem; patient: string }) {
	const target = targetName(useOmaha(), item);
	const change = (state: string, done: string) => (reason: string) => changeRecord(patient, item, { state }, reason, done);
	const isActive = !item.state || item.state === "active";
	const { on, holders } = useHolders(patient, item);
	return (
		<>
			{on?.length === 0 ? <OnDevices on={on} holders={holders} /> : null}
			<details class="actions">
				<summary class="button plain">{t("plan.change")}</summary>
				{on?.length ? <OnDevices on={on} holders={holders} /> : null}
				<div class="row">
					<a class="button" href={`#/patients/${patient}/plan/edit/intervention/${item.id}`}>{t("base.change")}</a>
					{isActive ? <WithReason id={`suspend-${item.id}`} label={t("plan.suspend")} confirm={t("plan.suspend")} act={change("suspended", t("plan.suspended", { target }))} /> : null}
					{isActive ? null : <WithReason id={`resume-${item.id}`} label={t("plan.resume")} confirm={t("plan.resume")} act={change("active", t("plan.resumed", { target }))} />}
					{item.state === "ended" ? null : <WithReason id={`end-${item.id}`} label={t("plan.end")} confirm={t("plan.end")} act={change("ended", t("plan.ended", { target }))} />}
				</div>
			</details>
		</>
	);
}

export function Item({ item, patient }: { item: PlanItem; patient: string }) {
	const schema = useSchema();
	const nameOf = usePeople();
	const state = item.state && item.state !== "active" ? say(choiceOf(schema, "intervention", "state", item.state)) : "";
	const action = item.action && item.action !== "nursing" ? say(choiceOf(schema, "intervention", "action", item.action)) : "";
	const assignee = nameOf(item.assignee);
	return (
		<li class="plan-item tight">
			<div class="row apart">
				<strong>{targetName(useOmaha(), item)}</strong>
				{state ? <span class="tag">{state}</span> : null}
			</div>
			<p class="small quiet">{[say(choiceOf(schema, "intervention", "category", item.category)), action].filter(Boolean).join(" · ")}</p>
			{item.detail ? <p class="prose">{item.detail}</p> : null}
			{state ? null : <Rhythm item={item} patient={patient} />}
			{assignee ? <p class="small">{t("plan.assignee", { name: assignee })}</p> : null}
			{item.until ? <p class="small quiet">{t("plan.until", { day: dayWords(item.until) })}</p> : null}
			<Apart item={item} patient={patient} />
			<Actions item={item} patient={patient} />
		</li>
	);
}

export function GoalLine({ goal, patient }: { goal: Goal; patient: string }) {
	const schema = useSchema();
	const isOpen = !goal.outcome || goal.outcome === "open";
	return (
		<li class="goal">
			<a class="goal-words" href={`#/patients/${patient}/plan/edit/goal/${goal.id}`}>{t("plan.quoted", { words: goal.words ?? "" })}</a>
			<span class="small quiet">
				{isOpen ? (goal.targetDate ? t("plan.goalBy", { day: dayWords(goal.targetDate) }) : t("plan.goalOpen")) : say(choiceOf(schema, "goal", "outcome", goal.outcome))}
			</span>
			{goal.note ? <span class="small prose">{goal.note}</span> : null}
		</li>
	);
}
