/* What a care plan is made of, added or changed: an intervention, a goal, a problem from the Omaha System. */
import { useOmaha } from "../api/omaha";
import { problemName, usePlan } from "../api/plan";
import { useData } from "../api/store";
import type { Rec } from "../api/types";
import { go, place, type Screen } from "../router";
import type { FieldProps } from "../ui/field";
import { RecordForm, type DrawField, type Saved } from "../ui/form";
import { Select, TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { RecurrenceField } from "../ui/recurrence";
import { ScreenFrame } from "../ui/screen";
import { offerUndo } from "../ui/undo";
import { ProblemField, SignsField, SignWords, TargetField } from "../ui/terms";
import { say, t } from "../words";
import { dayOf } from "../words/dates";

/** The problem that something is about, by its name. */
function OfProblem({ kind, field, where, value, onValue, problems }: FieldProps) {
	const open = (usePlan(where ?? "").data?.problems ?? []).filter((problem) => problem.state !== "closed" || problem.id.startsWith(String(value ?? "-")));
	return (
		<Select
			id={`${kind.name}-${field.name}`}
			label={say(field.label)}
			options={open.map((problem) => ({ value: problem.id.slice(0, 12), text: problemName(problem) }))}
			value={String(value ?? "").slice(0, 12)}
			onChoose={(chosen) => onValue(chosen || null)}
			required={field.required}
			problems={problems}
		/>
	);
}

/** A problem that is followed already is pointed out, not refused. */
function NewProblem(props: FieldProps) {
	const omaha = useOmaha();
	const code = omaha?.problems.find((term) => term.code === props.value)?.code;
	const there = (usePlan(props.where ?? "").data?.problems ?? []).find((problem) => code && problem.code === code && problem.state !== "closed" && !problem.foreign);
	return (
		<>
			<ProblemField {...props} />
			{there ? <Notice kind="warn" live>{t("plan.followed")} <a href={`#/patients/${props.where}/problems/${there.id}`}>{problemName(there)}</a></Notice> : null}
		</>
	);
}

function EveryDays({ kind, field, value, onValue, problems }: FieldProps) {
	return <TextInput id={`${kind.name}-${field.name}`} label={t("plan.everyDays")} unit={t("plan.days")} mode="numeric" value={String(value ?? "")} onInput={(typed) => onValue(/^\d+$/.test(typed) ? Number(typed) : typed || null)} problems={problems} />;
}

interface Form {
	fields: readonly string[];
	draw: Record<string, DrawField>;
	preset: () => Record<string, unknown>;
}

const FORMS: Record<string, Form> = {
	intervention: {
		fields: ["problem", "targetCode", "category", "detail", "recurrence", "from", "until", "assignee", "action", "partner"],
		draw: { problem: OfProblem, targetCode: TargetField, recurrence: RecurrenceField },
		preset: () => ({ from: dayOf() }),
	},
	goal: { fields: ["words", "problem", "targetDate", "outcome", "note"], draw: { problem: OfProblem }, preset: () => ({}) },
	problem: {
		fields: ["code", "severity", "signCodes", "signs", "scope", "priority", "reassessOn", "reassessDays"],
		draw: { code: NewProblem, signCodes: SignsField, signs: SignWords, reassessDays: EveryDays },
		preset: () => ({}),
	},
};

function fromAddress(): Record<string, unknown> {
	const problem = place().query.get("problem");
	return problem ? { problem } : {};
}

function AddView({ params }: { params: Record<string, string> }) {
	const { id = "", kind = "" } = params;
	const form = FORMS[kind];
	const done = (): void => go(`/patients/${id}/plan`, true);
	const saved = (reply: Saved): void => void offerUndo(id, reply, t(`plan.saved.${kind}`)).then(done);
	if (!form) return null;
	return (
		<ScreenFrame title={t(`plan.new.${kind}`)} backTo={`/patients/${id}/plan`}>
			<RecordForm kind={kind} where={id} fields={form.fields} draw={form.draw} preset={{ ...form.preset(), ...fromAddress() }} onSaved={saved} onCancel={done} />
		</ScreenFrame>
	);
}

function EditView({ params }: { params: Record<string, string> }) {
	const { id = "", kind = "", record = "" } = params;
	const form = FORMS[kind];
	const list = useData<{ records: Rec[] }>(`/api/patients/${id}/${kind}?limit=5000`);
	const one = list.data?.records.find((other) => other.id === record);
	const back = kind === "problem" ? `/patients/${id}/problems/${record}` : `/patients/${id}/plan`;
	const done = (): void => go(back, true);
	const saved = (reply: Saved): void => void offerUndo(id, reply, t(`plan.saved.${kind}`)).then(done);
	if (!form) return null;
	return (
		<ScreenFrame title={t(`plan.edit.${kind}`)} backTo={back}>
			{list.error ? <ErrorNotice error={list.error} /> : null}
			{one ? <RecordForm kind={kind} where={id} record={one} fields={form.fields} draw={form.draw} onSaved={saved} onCancel={done} /> : list.error ? null : <Progress text={t("base.reading")} />}
		</ScreenFrame>
	);
}

/** A new problem is assessed next. */
function NewProblemView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const form = FORMS.problem as Form;
	const saved = (reply: Saved): void => go(`/patients/${id}/problems/${reply.id}/assess`, true);
	return (
		<ScreenFrame title={t("plan.new.problem")} under={t("plan.newProblemWhat")} backTo={`/patients/${id}/plan`}>
			<RecordForm kind="problem" where={id} fields={form.fields} draw={form.draw} onSaved={saved} onCancel={() => go(`/patients/${id}/plan`, true)} />
		</ScreenFrame>
	);
}

export const screenAdd: Screen = { path: "/patients/:id/plan/add/:kind", view: AddView, under: "/patients" };
export const screenEdit: Screen = { path: "/patients/:id/plan/edit/:kind/:record", view: EditView, under: "/patients" };
export const screenNew: Screen = { path: "/patients/:id/problems/new", view: NewProblemView, under: "/patients" };
