/* A dose given twice, too many, or out of place: said loudly until somebody looked into it; nothing is taken away. */
import { useState } from "preact/hooks";
import type { Alarm, Duplicate, Medication } from "../api/medication";
import { short } from "../api/versions";
import { t, tn } from "../words";
import { shortDay, when } from "../words/dates";
import { DoseSaid, type Said } from "./doses";
import { RecordForm } from "./form";
import { Notice } from "./notice";

function alarmWords(alarm: Alarm): string {
	const words = { drug: alarm.drug, day: shortDay(alarm.day), at: alarm.at ?? "", limit: alarm.limit ?? "" };
	if (alarm.type === "double") return alarm.at ? t("medication.double", words) : t("medication.doubleNoSlot", words);
	return t(`medication.${alarm.type}`, words);
}

function Review({ patient, about, preset, onDone }: { patient: string; about: string; preset: Record<string, unknown>; onDone: () => void }) {
	return <RecordForm kind="medicationReview" where={patient} about={about} fields={["words"]} preset={preset} action={t("medication.saveReview")} onSaved={onDone} onCancel={onDone} />;
}

function Loud({ patient, alarm, said }: { patient: string; alarm: Alarm; said: Said }) {
	const [noting, setNoting] = useState(false);
	return (
		<li class="alarm stack">
			<Notice kind="bad" live>
				<strong class="loud">{alarmWords(alarm)}</strong>
				{alarm.doses.map((dose) => <DoseSaid key={dose} dose={dose} said={said} />)}
				<p>{t("medication.bothStay")}</p>
				{noting ? null : <button type="button" onClick={() => setNoting(true)}>{t("medication.review")}</button>}
			</Notice>
			{noting ? <Review patient={patient} about={`doses${alarm.doses[0]?.slice(0, 11) ?? ""}`} preset={{ about: "doses", doses: alarm.doses.map(short) }} onDone={() => setNoting(false)} /> : null}
		</li>
	);
}

function Pair({ patient, pair }: { patient: string; pair: Duplicate }) {
	const [noting, setNoting] = useState(false);
	const drugs = pair.drugs.join(" / ");
	return (
		<li class="stack">
			<Notice kind={pair.same ? "bad" : "warn"}>
				<strong>{pair.same ? t("medication.same", { drugs }) : t("medication.alike", { drugs })}</strong>
				{pair.same ? null : <p>{t("medication.alikeWhat")}</p>}
				{noting ? null : <button type="button" onClick={() => setNoting(true)}>{t("medication.review")}</button>}
			</Notice>
			{noting ? <Review patient={patient} about={`lines${pair.lines[0].slice(0, 11)}`} preset={{ about: "lines", lines: pair.lines.map(short) }} onDone={() => setNoting(false)} /> : null}
		</li>
	);
}

function Settled({ reply, said }: { reply: Medication; said: Said }) {
	const settled = reply.alarms.filter((alarm) => alarm.settled);
	if (settled.length === 0) return null;
	return (
		<details class="card">
			<summary>{tn("medication.settled", settled.length)}</summary>
			<ul class="stack">
				{settled.map((alarm) => (
					<li key={alarm.doses.join()} class="tight">
						<p>{alarmWords(alarm)}</p>
						{alarm.doses.map((dose) => <DoseSaid key={dose} dose={dose} said={said} />)}
						<p class="prose">{t("medication.settledAt", { when: when(alarm.settled?.at ?? ""), words: alarm.settled?.words ?? "" })}</p>
					</li>
				))}
			</ul>
		</details>
	);
}

/** What is to be looked into before anything else. */
export function MedicationAlarms({ patient, reply, said }: { patient: string; reply: Medication; said: Said }) {
	const open = reply.alarms.filter((alarm) => !alarm.settled);
	const pairs = (reply.duplicates ?? []).filter((pair) => !pair.settled);
	return (
		<>
			{open.length || pairs.length ? (
				<ul class="stack" aria-label={t("medication.alarms")}>
					{open.map((alarm) => <Loud key={alarm.type + alarm.doses.join()} patient={patient} alarm={alarm} said={said} />)}
					{pairs.map((pair) => <Pair key={pair.lines.join()} patient={patient} pair={pair} />)}
				</ul>
			) : null}
			<Settled reply={reply} said={said} />
		</>
	);
}
