/* A dose that is due: one tap gives it; what else may be said of it in a form; what was said, by whom, when, and where that is. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { valuesOf } from "../api/drafts";
import type { Slot } from "../api/medication";
import { choiceOf, useSchema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Holder, Rec, Words } from "../api/types";
import { short, versionOf } from "../api/versions";
import { decimal, say, t, tn } from "../words";
import { momentOf, nowMoment } from "../words/clock";
import { dayOf, when } from "../words/dates";
import { RecordForm } from "./form";
import { Icon } from "./icons";
import { ErrorNotice, Notice } from "./notice";
import { usePeople } from "./people";
import { OnDevices } from "./trust";

const SAID = ["outcome", "at", "why", "dose"];
const CORRECTED = [...SAID, "mistaken"];
const DOSES = 500;

export interface Said {
	/** What stands now of the dose with that id. */
	of: (id: string) => Rec | undefined;
	holders: Holder[];
}

/** The doses of a dossier, with who gave them. */
export function useDoses(patient: string): Said {
	const data = useData<{ records: Rec[]; holders?: Holder[] }>(`/api/patients/${patient}/dose?limit=${DOSES}`, ["news", "meeting"]).data;
	return { of: (id) => (data ? versionOf(data.records, id) : undefined), holders: data?.holders ?? [] };
}

/** "Given · today 08:05 · Anna Le Gall", why not, on which devices; `onCorrect`: it may be corrected here. */
export function DoseSaid({ dose, said, onCorrect }: { dose: string; said: Said; onCorrect?: (record: Rec) => void }) {
	const schema = useSchema();
	const nameOf = usePeople();
	const record = said.of(dose);
	if (!record) return null;
	const words = { outcome: say(choiceOf(schema, "dose", "outcome", record.outcome)), at: when(String(record.at)) };
	const name = nameOf(record.nurse);
	return (
		<div class="dose-said tight">
			<p class={record.mistaken ? "out" : ""}>
				{name ? t("medication.by", { ...words, name }) : t("medication.byWithout", words)}
				{record.dose ? ` · ${String(record.dose)}` : ""}
			</p>
			{record.why ? <p class="prose small">{String(record.why)}</p> : null}
			<div class="row">
				{record.mistaken ? <span class="tag">{t("medication.mistaken")}</span> : null}
				<OnDevices on={record.on} holders={said.holders} />
				{onCorrect && !record.mistaken ? <button type="button" class="plain" onClick={() => onCorrect(record)}>{t("medication.correct")}</button> : null}
			</div>
		</div>
	);
}

const KEPT = ["line", "outcome", "at", "dose", "why", "slot", "day", "nurse", "visit", "mistaken"];

/* Of a slot with a name its name and day; of another hour the moment says which. */
function slotOf(slot: Slot, day: string): Record<string, unknown> {
	return { line: short(slot.line), ...(slot.slot ? { slot: slot.slot, day } : {}) };
}

interface DoseProps {
	patient: string;
	slot: Slot;
	day: string;
	said: Said;
	/** Beside the drug: how often it was given. */
	children?: preact.ComponentChildren;
}

type Doing = { what: "other" } | { what: "correct"; record: Rec };

export function DoseCard({ patient, slot, day, said, children }: DoseProps) {
	const [doing, setDoing] = useState<Doing>();
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	const [warnings, setWarnings] = useState<Words[]>([]);
	const today = dayOf();
	const isDue = slot.state === undefined || slot.state === "due";
	const done = (saved?: { warnings?: Words[] }): void => {
		setDoing(undefined);
		setWarnings(saved?.warnings ?? []);
	};
	async function give(): Promise<void> {
		if (busy) return;
		setBusy(true);
		setError(undefined);
		try {
			done(await ask<{ warnings?: Words[] }>("POST", `/api/patients/${patient}/dose`, { ...slotOf(slot, day), outcome: "given" }));
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	/* of another day the hour that was due */
	const at = day === today || !slot.at ? nowMoment() : momentOf(`${day}T${slot.at}`);
	const about = `${slot.line.slice(0, 8)}${day.slice(5, 7)}${day.slice(8)}${(slot.at ?? "").replace(":", "")}`;
	return (
		<li class={`card tight dose${slot.state && slot.state !== "due" ? " done-dose" : ""}`}>
			<div class="row apart">
				<div class="line-text">
					<strong>{slot.drug}</strong>
					<span class="quiet">{[slot.quantity ? `${decimal(slot.quantity)} ×` : "", slot.dose ?? "", slot.schedule ?? ""].filter(Boolean).join(" ")}</span>
				</div>
				{slot.state ? <span class={`tag${slot.state === "given" ? " good" : slot.state === "due" ? "" : " warn"}`}>{slot.state === "due" && day < today ? t("medication.state.passed") : t(`medication.state.${slot.state}`)}</span> : null}
			</div>
			{children}
			{(slot.doses ?? []).map((dose) => <DoseSaid key={dose} dose={dose} said={said} onCorrect={(record) => setDoing({ what: "correct", record })} />)}
			{warnings.map((warning) => <Notice key={warning.fr} kind="bad" live>{say(warning)}</Notice>)}
			{error ? <ErrorNotice error={error} /> : null}
			{doing?.what === "other" ? (
				<RecordForm kind="dose" where={patient} about={about} fields={SAID} preset={{ ...slotOf(slot, day), at }} action={t("medication.saveDose")} onSaved={done} onCancel={() => done()} />
			) : doing ? (
				<RecordForm kind="dose" where={patient} corrects={doing.record} fields={CORRECTED} preset={valuesOf(doing.record, KEPT)} action={t("medication.saveDose")} onSaved={done} onCancel={() => done()} />
			) : day <= today ? (
				<div class="row">
					{isDue && day === today ? (
						<button type="button" class="primary" disabled={busy} onClick={() => void give()}>
							<Icon name="check" size={20} /> {busy ? t("base.saving") : t("medication.give")}
						</button>
					) : null}
					<button type="button" class={isDue ? "" : "plain"} onClick={() => setDoing({ what: "other" })}>{isDue ? t("medication.other") : t("medication.giveAnyway")}</button>
				</div>
			) : null}
		</li>
	);
}

/** Lines without slots: how often each was given that day. */
export function givenWords(slot: Slot): string {
	const n = slot.given ?? 0;
	if (slot.times) return t("medication.timesOf", { n, of: slot.times });
	return slot.maxPerDay ? t("medication.givenOf", { n, max: slot.maxPerDay }) : tn("medication.given", n);
}

/** "08:00 · morning" */
export function slotTime(slot: Slot): string {
	return [slot.at, slot.slot ? t(`medication.slot.${slot.slot}`) : ""].filter(Boolean).join(" · ");
}
