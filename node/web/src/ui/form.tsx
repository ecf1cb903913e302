/* A record of any kind, edited: fields from the schema, kept as a draft at every keystroke, saved as one change. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiError, ask, type Problem } from "../api/client";
import { draftKey, useDraft, type DraftKeeper } from "../api/drafts";
import { kindOf, useSchema, type FieldOf } from "../api/schema";
import { touchAll } from "../api/store";
import type { Rec, Words } from "../api/types";
import { say, t } from "../words";
import { clock } from "../words/dates";
import { Field, type FieldProps } from "./field";
import { TextInput } from "./inputs";
import { ErrorNotice, Notice, sentenceOf } from "./notice";
import { Progress } from "./progress";
import { SAY_WHY } from "./reason";

export interface Saved {
	id: string;
	kind: string;
	warnings?: Words[];
	records?: { kind: string; id: string }[];
	/** Of a patient with several files: the one that it went to. */
	dossier?: string;
}

export type DrawField = (props: FieldProps) => ComponentChildren;

interface RecordFormProps {
	kind: string;
	/** The document, where there are several. */
	where?: string;
	/** An existing record of fields that is changed. */
	record?: Rec;
	/** These fields, in this order; without: all. */
	fields?: readonly string[];
	preset?: Record<string, unknown>;
	/** Fields that are drawn in another way than their type says: components, or functions that know more than the field. */
	draw?: Record<string, DrawField>;
	action?: string;
	/** Goes into the address of the save, as {anyway: true}. */
	more?: Record<string, unknown>;
	/** What it is about, where there may be one about each: it has a draft of its own. */
	about?: string;
	/** The event that this one corrects: why is asked, and the former one stays. `preset` says how it begins. */
	corrects?: Rec | undefined;
	/** Why it is not to be saved yet: said in its place. */
	waits?: string | undefined;
	/** Above the buttons, always in view: what follows from what was typed so far. */
	beside?: (values: Record<string, unknown>) => ComponentChildren;
	onSaved: (saved: Saved) => void;
	onCancel: () => void;
}

/* A draft's merge patch cannot hold "taken away": an empty text stands for it until the save. */
const CLEARED = "";

/** Whether what was typed is on the disk, in words. */
export function DraftState({ draft }: { draft: DraftKeeper }) {
	if (draft.state === "not-kept")
		return (
			<Notice kind="bad" live>
				<strong>{t("base.draft.notKept")}</strong> {draft.error ? sentenceOf(draft.error) : ""} {t("base.draft.stay")}
			</Notice>
		);
	return (
		<>
			{draft.mixed ? <Notice kind="warn" live>{t("base.draft.mixed")}</Notice> : null}
			<p class="quiet small draft-state" aria-live="off">
				{draft.state === "keeping" ? t("base.draft.keeping") : draft.draft ? t("base.draft.kept", { time: clock(draft.draft.changed) }) : t("base.draft.none")}
			</p>
		</>
	);
}

function shownFields(all: FieldOf[], wanted: readonly string[] | undefined): FieldOf[] {
	if (!wanted) return all.filter((field) => field.type !== "bytes");
	return wanted.map((name) => all.find((field) => field.name === name)).filter((field): field is FieldOf => field !== undefined);
}

/** Of which field each refusal is; those of no field that is shown. */
export function problemsOf(error: ApiError | undefined, path: string, names: string[]): { of: (name: string) => Problem[]; rest: Problem[] } {
	const here = (error?.problems ?? []).filter((problem) => (problem.path ?? "") === path);
	return { of: (name) => here.filter((problem) => problem.field === name), rest: here.filter((problem) => !problem.field || !names.includes(problem.field)) };
}

/* A component of its own around each, so that a function that is made anew each time keeps what its field remembers. */
function Drawn({ draw, props }: { draw: DrawField; props: FieldProps }) {
	return <>{draw(props)}</>;
}

export function RecordForm({ kind: name, where, record: given, fields, preset = {}, draw = {}, action, more, about, corrects, waits, beside, onSaved, onCancel }: RecordFormProps) {
	/* As it was when the form was opened: what a colleague writes meanwhile was not seen by who types here, and must not be replaced. */
	const [record] = useState(given);
	const schema = useSchema();
	const kind = kindOf(schema, name);
	const draft = useDraft(draftKey(name, where, record?.id ?? corrects?.id ?? about), { kind: name, in: where, record: record?.id }, preset);
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const [held, setHeld] = useState(false);
	const [isReasonMissing, setReasonMissing] = useState(false);
	if (!schema || !kind || !draft?.loaded) return <Progress text={t("base.reading")} />;
	const shown = shownFields(kind.fields, fields);
	const problems = problemsOf(error, "", shown.map((field) => field.name));
	const current = { ...record, ...draft.values } as Record<string, unknown>;
	const reason = String(draft.values.reason ?? ""); /* kept with the rest */
	const replaces = (field: FieldOf): boolean => record?.[field.name] !== undefined && field.name in draft.values && draft.values[field.name] !== record[field.name];
	const wantsReason = corrects !== undefined || shown.some((field) => field.class === "safety" && replaces(field));

	function set(values: Record<string, unknown>): void {
		/* a draft that is opened again later still says what was seen when it was begun */
		draft?.set(record?.seen && !("seen" in draft.values) ? { ...values, seen: record.seen } : values);
	}
	async function save(event: Event): Promise<void> {
		event.preventDefault();
		if (busy || !draft) return;
		setHeld(waits !== undefined);
		setReasonMissing(wantsReason && !reason.trim());
		if (waits !== undefined) return;
		if (wantsReason && !reason.trim()) return document.getElementById("reason")?.focus();
		setBusy(true);
		setError(undefined);
		try {
			if (!draft.draft && Object.keys(draft.values).length === 0 && record) return onCancel();
			if (!draft.draft) draft.set({});
			await draft.flush();
			if (draft.error) throw draft.error;
			const cleared = record ? Object.fromEntries(Object.entries(draft.values).filter(([, value]) => value === CLEARED).map(([field]) => [field, null])) : {};
			const body = { ...more, ...cleared, ...(corrects ? { corrects: corrects.id } : {}), ...(record?.seen && !draft.values.seen ? { seen: record.seen } : {}), ...(wantsReason ? { reason: reason.trim() || null } : {}) };
			const saved = await ask<Saved>("POST", `/api/drafts/${draft.key}/save`, body);
			touchAll();
			onSaved(saved);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
		} finally {
			setBusy(false);
		}
	}
	async function discard(): Promise<void> {
		if (draft?.draft) await ask("DELETE", `/api/drafts/${draft.key}`).catch(() => undefined);
		onCancel();
	}

	return (
		<form class="stack" onSubmit={(event) => void save(event)} noValidate aria-busy={busy}>
			{shown.map((field) => {
				const props: FieldProps = {
					schema,
					kind,
					field,
					where,
					value: current[field.name],
					values: current,
					problems: problems.of(field.name),
					onValue: (value) => set({ [field.name]: value === null && record ? CLEARED : value }),
				};
				return <Drawn key={field.name} draw={draw[field.name] ?? Field} props={props} />;
			})}
			{wantsReason ? <TextInput id="reason" label={t("base.reason")} help={corrects ? t("base.correctionHelp") : t("base.reasonHelp")} value={reason} onInput={(value) => set({ reason: value || null })} required problems={isReasonMissing && !reason.trim() ? [SAY_WHY] : undefined} /> : null}
			{problems.rest.map((problem) => (
				<Notice key={problem.fr} kind="bad" live>{say(problem)}</Notice>
			))}
			{error && error.problems.length === 0 ? <ErrorNotice error={error} /> : null}
			<div class="foot">
				{beside ? <div class="foot-beside">{beside(current)}</div> : null}
				{held && waits ? <Notice kind="warn" live>{waits}</Notice> : null}
				<DraftState draft={draft} />
				<div class="row">
					<button class="primary" disabled={busy}>{busy ? t("base.saving") : (action ?? t("base.save"))}</button>
					<button type="button" onClick={onCancel}>{t("base.later")}</button>
					{draft.draft ? <button type="button" class="plain" onClick={() => void discard()}>{t("base.discard")}</button> : null}
				</div>
			</div>
		</form>
	);
}
