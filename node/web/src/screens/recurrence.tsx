/* When the visits of a patient are planned: the rhythm of each thing that is done, and its editor in words. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { draftKey, useDraft, type DraftKeeper } from "../api/drafts";
import { choiceOf, useSchema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { PatientRow, Rec, Words } from "../api/types";
import { go, type Screen } from "../router";
import { DraftState } from "../ui/form";
import { TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { RecurrenceEditor, RecurrencePreview } from "../ui/recurrence";
import { DAILY, isWhole, readRule, ruleOf } from "../ui/rule";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t } from "../words";
import { dayOf, longDay } from "../words/dates";
import { patientName } from "./patients";

interface PlanItem extends Rec {
	rhythm: Partial<Words> & { is: "none" | "words" | "unreadable" | "rule"; rule?: string; next?: string; proposed?: Words & { rule: string } };
}

interface Plan {
	problems: { id: string; name?: string; label?: Words; items: PlanItem[] }[];
	otherItems: PlanItem[];
}

function useItemName(): (item: PlanItem) => string {
	const schema = useSchema();
	return (item) => {
		const target = item.target ? String(item.target) : say(item.targetLabel as Words | undefined);
		return [target, say(choiceOf(schema, "intervention", "category", item.category))].filter(Boolean).join(" · ");
	};
}

function rhythmWords(item: PlanItem): string {
	if (item.rhythm.is === "rule") return say(item.rhythm);
	return item.recurrence ? String(item.recurrence) : t("recurrence.none");
}

function ItemLine({ item, patient }: { item: PlanItem; patient: string }) {
	const name = useItemName();
	return (
		<li class="card tight">
			<h2>{name(item)}</h2>
			{item.detail ? <p class="quiet small prose">{String(item.detail)}</p> : null}
			<p><strong>{rhythmWords(item)}</strong></p>
			{item.rhythm.is === "rule" ? item.rhythm.next ? <p class="small">{t("recurrence.nextOn", { day: longDay(item.rhythm.next) })}</p> : <p class="small"><span class="tag warn">{t("recurrence.over")}</span></p> : <p class="small"><span class="tag warn">{t("recurrence.notPlanned")}</span></p>}
			<a class="button" href={`#/patients/${patient}/recurrence/${item.id}`}>{t("recurrence.change")}</a>
		</li>
	);
}

function usePatientName(id: string): string | undefined {
	const who = useData<PatientRow>(`/api/patients/${id}`).data;
	return who ? patientName(who) : undefined;
}

function itemsOf(plan: Plan): PlanItem[] {
	return [...plan.problems.flatMap((problem) => problem.items), ...plan.otherItems].filter((item) => item.state !== "ended");
}

function RhythmsView({ params }: { params: Record<string, string> }) {
	const id = params.id ?? "";
	const from = useData<Plan>(`/api/patients/${id}/plan`);
	return (
		<ScreenFrame title={t("recurrence.title")} under={usePatientName(id)} backTo={`/patients/${id}`}>
			<Loaded from={from}>
				{(plan) => {
					const items = itemsOf(plan);
					return items.length ? <ul class="stack">{items.map((item) => <ItemLine key={item.id} item={item} patient={id} />)}</ul> : <p class="empty card">{t("recurrence.noItems")}</p>;
				}}
			</Loaded>
		</ScreenFrame>
	);
}

function Editor({ item, patient }: { item: PlanItem; patient: string }) {
	const draft = useDraft(draftKey("rhythm", patient, item.id), { kind: "intervention", in: patient, record: item.id });
	return draft?.loaded ? <Chooser item={item} patient={patient} draft={draft} /> : <Progress text={t("base.reading")} />;
}

function Chooser({ item, patient, draft }: { item: PlanItem; patient: string; draft: DraftKeeper }) {
	const [begun] = useState(String(draft.values.recurrence ?? item.rhythm.rule ?? item.rhythm.proposed?.rule ?? ""));
	const read = readRule(begun);
	const [rule, setRule] = useState(ruleOf({ ...(read ?? DAILY), until: read?.until || String(item.until ?? "") }));
	const rhythm = readRule(rule) ?? DAILY;
	const [from, setFrom] = useState(String(draft.values.from ?? (item.rhythm.is === "rule" && item.from ? item.from : dayOf())));
	const [reason, setReason] = useState("");
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	function keep(next: string, begin: string): void {
		setRule(next);
		setFrom(begin);
		setError(undefined);
		draft.set({ recurrence: next, from: begin || null });
	}
	async function save(event: Event): Promise<void> {
		event.preventDefault();
		setBusy(true);
		setError(undefined);
		try {
			draft.set({ recurrence: rule, from });
			await draft.flush();
			if (draft.error) throw draft.error;
			const ends = item.until && String(item.until) !== rhythm.until ? { until: rhythm.until || null } : {};
			await ask("POST", `/api/drafts/${draft.key}/save`, { ...ends, ...(reason.trim() ? { reason: reason.trim() } : {}) });
			touchAll();
			go(`/patients/${patient}/recurrence`, true);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			setBusy(false);
		}
	}
	return (
		<form class="stack" onSubmit={(event) => void save(event)} noValidate>
			<p class="quiet">{t("recurrence.now")} <strong>{rhythmWords(item)}</strong></p>
			{item.rhythm.is === "rule" && !read ? <Notice kind="warn">{t("recurrence.special")}</Notice> : null}
			<RecurrenceEditor id="rhythm" rule={rule} onRule={(next) => keep(next, from)} />
			<TextInput id="rhythm-from" label={t("recurrence.from")} type="date" value={from} onInput={(begin) => keep(rule, begin)} />
			{item.rhythm.is === "rule" ? <TextInput id="rhythm-reason" label={t("base.reason")} help={t("base.reasonHelp")} value={reason} onInput={setReason} /> : null}
			<RecurrencePreview rule={rule} from={from} />
			<div class="foot">
				{error ? <ErrorNotice error={error} /> : null}
				<DraftState draft={draft} />
				<div class="row">
					<button class="primary" disabled={busy || !isWhole(rhythm)}>{t("base.save")}</button>
					<a class="button" href={`#/patients/${patient}/recurrence`}>{t("base.cancel")}</a>
				</div>
			</div>
		</form>
	);
}

function EditView({ params }: { params: Record<string, string> }) {
	const { id = "", item: wanted = "" } = params;
	const name = useItemName();
	const from = useData<Plan>(`/api/patients/${id}/plan`);
	const item = from.data ? itemsOf(from.data).find((one) => one.id === wanted) : undefined;
	return (
		<ScreenFrame title={item ? name(item) : t("recurrence.title")} under={usePatientName(id)} backTo={`/patients/${id}/recurrence`}>
			<Loaded from={from}>{() => item ? <Editor key={item.id} item={item} patient={id} /> : <p class="empty card">{t("base.error.notFound")}</p>}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/recurrence", view: RhythmsView, under: "/patients" };
export const screenEdit: Screen = { path: "/patients/:id/recurrence/:item", view: EditView, under: "/patients" };
