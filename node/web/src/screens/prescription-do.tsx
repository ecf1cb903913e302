/* What is written about one prescription: a further line, a correction, a stop, a follow-up that was done. Nothing of it changes what stood there before. */
import { valuesOf } from "../api/drafts";
import { useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Rec } from "../api/types";
import { short, versionOf } from "../api/versions";
import { go, place, type Screen } from "../router";
import type { Medication } from "../api/medication";
import { RecordForm } from "../ui/form";
import { PatientFrame } from "../ui/patient-frame";
import { Progress } from "../ui/progress";
import { t } from "../words";
import { nowMoment } from "../words/clock";
import { dayOf, shortDay } from "../words/dates";

const LINE = ["drug", "dose", "schedule", "route", "ifNeeded", "maxPerDay", "from", "until", "cip13", "note"];
const WHOLE = ["prescriber", "date", "validFrom", "validUntil", "care", "ald", "renewals", "note"];
const ALSO_KEPT = ["prescription", "scan", "renews", "prescriberRpps"];

interface What {
	kind: string;
	fields: readonly string[];
	/** The record that it corrects is the line, or the prescription. */
	corrects?: true;
	action?: () => string;
}

const WHATS: Record<string, What> = {
	line: { kind: "prescriptionLine", fields: LINE },
	"amend-line": { kind: "prescriptionLine", fields: [...LINE, "mistaken"], corrects: true },
	amend: { kind: "prescription", fields: [...WHOLE, "mistaken"], corrects: true },
	stop: { kind: "prescriptionStop", fields: ["stoppedOn", "by", "why"], action: () => t("prescription.saveStop") },
	"follow-up-45": { kind: "medicationReview", fields: ["words", "at"] },
	"follow-up-90": { kind: "medicationReview", fields: ["words", "at"] },
};

function presetOf(what: string, kind: string, prescription: string, line: string | null): Record<string, unknown> {
	const of = { prescription: short(prescription) };
	if (kind === "prescriptionStop") return { ...of, ...(line ? { line: short(line) } : {}), stoppedOn: dayOf() };
	if (kind === "medicationReview") return { ...of, about: what, at: nowMoment() };
	return kind === "prescriptionLine" ? of : {};
}

function DoView({ params }: { params: Record<string, string> }) {
	const { id = "", prescription = "", what: name = "" } = params;
	const line = place().query.get("line");
	const what = WHATS[name];
	const schema = useSchema();
	const list = useData<{ records: Rec[] }>(what?.corrects ? `/api/patients/${id}/${what.kind}` : null).data?.records;
	const whole = useData<Medication>(`/api/patients/${id}/medication`).data?.prescriptions.find((one) => one.id === prescription);
	const drug = whole?.lines.find((one) => one.id === line)?.drug;
	const corrected = what?.corrects && list ? versionOf(list, line ?? prescription) : undefined;
	const back = (): void => go(`/patients/${id}/prescriptions`, true);
	if (!what) return <PatientFrame id={id} title={t("medication.prescriptions")} backTo={`/patients/${id}/prescriptions`}><p class="empty card">{t("prescription.notHere")}</p></PatientFrame>;
	const preset = corrected ? valuesOf(corrected, [...what.fields, ...ALSO_KEPT]) : presetOf(name, what.kind, prescription, line);
	return (
		<PatientFrame id={id} title={`${t(`prescription.do.${name}`)}${drug ? ` · ${drug}` : ""}`} backTo={`/patients/${id}/prescriptions`}>
			{whole ? <p class="quiet">{t("prescription.of", { prescriber: whole.prescriber, date: shortDay(whole.date) })}</p> : null}
			{!schema || (what.corrects && !corrected) ? (
				<Progress text={t("base.reading")} />
			) : (
				<RecordForm
					kind={what.kind}
					where={id}
					about={what.kind === "medicationReview" ? `${prescription.slice(0, 13)}${name.slice(-2)}` : (line ?? prescription)}
					corrects={corrected}
					fields={what.fields}
					preset={preset}
					{...(what.action ? { action: what.action() } : {})}
					onSaved={back}
					onCancel={back}
				/>
			)}
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/prescriptions/:prescription/:what", view: DoView, under: "/patients" };
