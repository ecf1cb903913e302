/* A patient's prescriptions: in force first, how long they hold, their lines, follow-ups, the scan of the original. */
import { useState } from "preact/hooks";
import type { FollowUp, Line, LineState, Medication, Prescription } from "../api/medication";
import type { Photo } from "../api/photos";
import { useData } from "../api/store";
import type { Holder, Rec } from "../api/types";
import { versionOf } from "../api/versions";
import type { Screen } from "../router";
import { MedicationAlarms } from "../ui/alarms";
import { useDoses } from "../ui/doses";
import { Icon } from "../ui/icons";
import { MedicationTabs, NotHere } from "../ui/medication-parts";
import { Notice } from "../ui/notice";
import { PatientFrame } from "../ui/patient-frame";
import { Picture, usePhotos } from "../ui/photo";
import { Loaded } from "../ui/screen";
import { OnDevices } from "../ui/trust";
import { say, t, tn } from "../words";
import { shortDay } from "../words/dates";

const IN_FORCE: LineState[] = ["current", "ends", "future"];

function stateTag(state: LineState, endsIn: number | undefined) {
	const kind = state === "ends" ? ((endsIn ?? 0) <= 7 ? " bad" : " warn") : state === "current" ? " good" : "";
	const words = state === "ends" && endsIn !== undefined ? (endsIn === 0 ? t("prescription.endsToday") : tn("prescription.endsIn", endsIn)) : t(`prescription.state.${state}`);
	return <span class={`tag${kind}`}>{words}</span>;
}

function LineItem({ to, line, whole }: { to: string; line: Line; whole: Prescription | undefined }) {
	const holds = IN_FORCE.includes(line.state);
	const stop = whole?.stops?.find((one) => one.line === line.id && !one.mistaken);
	return (
		<li class={`tight drug-line${holds ? "" : " over"}`}>
			<div class="row apart">
				<strong>{line.drug}</strong>
				{whole && line.state === whole.state ? null : stateTag(line.state, line.endsIn)}
			</div>
			<p>
				{[line.dose, line.schedule].filter(Boolean).join(" · ")}
				{line.maxPerDay && !line.schedule?.includes(String(line.maxPerDay)) ? ` · ${t("prescription.max", { n: line.maxPerDay })}` : ""}
				{line.until && line.until !== whole?.until ? ` · ${t("prescription.lineUntil", { until: shortDay(line.until) })}` : ""}
			</p>
			{line.understood || line.asNeeded ? null : <span class="tag warn">{t("prescription.notUnderstood")}</span>}
			{line.versions ? <span class="tag bad">{t("prescription.versions")}</span> : null}
			{stop ? <p class="small quiet">{t("prescription.stopped", { day: shortDay(stop.on), by: stop.by ?? "", why: stop.why ?? "" })}</p> : null}
			{holds && whole ? (
				<div class="row">
					<a class="button" href={`${to}/amend-line?line=${line.id}`}>{t("prescription.amend")}</a>
					<a class="button danger" href={`${to}/stop?line=${line.id}`}>{t("prescription.stop")}</a>
				</div>
			) : null}
		</li>
	);
}

function FollowUps({ to, list }: { to: string; list: FollowUp[] }) {
	return (
		<ul class="tight">
			{list.map((one) => (
				<li key={one.days} class="tight">
					<p class="row">
						<strong>{t("prescription.followUp", { days: one.days })}</strong>
						<span class={one.state === "due" ? "tag bad" : "quiet"}>{t(`prescription.followUp.${one.state}`, { day: shortDay(one.dueOn), words: one.settled?.words ?? "" })}</span>
					</p>
					{one.state === "due" || one.state === "coming" ? <a class={`button${one.state === "due" ? " primary" : ""}`} href={`${to}/follow-up-${one.days}`}>{t("prescription.followUpDo")}</a> : null}
				</li>
			))}
		</ul>
	);
}

function Scan({ patient, photo }: { patient: string; photo: Photo }) {
	const [open, setOpen] = useState(false);
	return (
		<div class="tight">
			<button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? t("prescription.hideScan") : t("prescription.seeScan")}</button>
			{open ? <Picture patient={patient} photo={photo} alt={t("prescription.scan")} /> : null}
		</div>
	);
}

function validity(one: Prescription): string {
	return one.until ? t("prescription.from", { from: shortDay(one.from ?? one.date), until: shortDay(one.until) }) : t("prescription.noEnd", { from: shortDay(one.from ?? one.date) });
}

function PrescriptionCard({ patient, one, scan, record, holders }: { patient: string; one: Prescription; scan: Photo | undefined; record: Rec | undefined; holders: Holder[] }) {
	const to = `#/patients/${patient}/prescriptions/${one.id}`;
	const holds = IN_FORCE.includes(one.state);
	const stop = one.stops?.find((other) => !other.line && !other.mistaken);
	return (
		<li class="card stack">
			<div class="row apart">
				<h2>{t("prescription.of", { prescriber: one.prescriber, date: shortDay(one.date) })}</h2>
				{stateTag(one.state, one.endsIn)}
			</div>
			<p class="quiet">{validity(one)}</p>
			{one.versions ? <Notice kind="bad">{t("prescription.versions")}</Notice> : null}
			{stop ? <p class="small">{t("prescription.stopped", { day: shortDay(stop.on), by: stop.by ?? "", why: stop.why ?? "" })}</p> : null}
			{one.care ? <p class="prose">{one.care}</p> : null}
			{one.lines.length ? <ul class="stack drug-lines" aria-label={t("prescription.lines")}>{one.lines.map((line) => <LineItem key={line.id} to={to} line={line} whole={one} />)}</ul> : one.care ? null : <p class="quiet">{t("prescription.noLines")}</p>}
			{one.followUps ? <FollowUps to={to} list={one.followUps} /> : null}
			{scan ? <Scan patient={patient} photo={scan} /> : null}
			<OnDevices on={record?.on} holders={holders} />
			{holds ? (
				<div class="row">
					<a class={`button${one.state === "ends" && !one.renewedBy ? " primary" : ""}`} href={`#/patients/${patient}/prescriptions/new?renews=${one.id}`}>{t("prescription.renew")}</a>
					<a class="button" href={`${to}/line`}>{t("prescription.addLine")}</a>
					<details class="actions">
						<summary class="button plain">{t("prescription.more")}</summary>
						<div class="row">
							<a class="button" href={`${to}/amend`}>{t("prescription.do.amend")}</a>
							<a class="button danger" href={`${to}/stop`}>{t("prescription.stopAll")}</a>
						</div>
					</details>
				</div>
			) : null}
		</li>
	);
}

function Prescriptions({ patient, reply }: { patient: string; reply: Medication }) {
	const { find } = usePhotos(patient);
	const said = useDoses(patient);
	const records = useData<{ records: Rec[]; holders?: Holder[] }>(`/api/patients/${patient}/prescription`, ["news", "meeting"]).data;
	const cards = (list: Prescription[]) => (
		<ul class="stack">
			{list.map((one) => (
				<PrescriptionCard key={one.id} patient={patient} one={one} scan={find(one.scan)} record={records ? versionOf(records.records, one.id) : undefined} holders={records?.holders ?? []} />
			))}
		</ul>
	);
	const inForce = reply.prescriptions.filter((one) => IN_FORCE.includes(one.state));
	const rest = reply.prescriptions.filter((one) => !IN_FORCE.includes(one.state));
	return (
		<>
			<MedicationAlarms patient={patient} reply={reply} said={said} />
			<NotHere count={reply.notHere} />
			{reply.attention.filter((item) => ["prescription-ends", "prescription-without-end", "corrected-twice"].includes(item.type)).map((item) => (
				<Notice key={item.fr} kind={item.urgency === "now" ? "bad" : "warn"}>{say(item)}</Notice>
			))}
			<a class="button wide-button" href={`#/patients/${patient}/prescriptions/new`}>
				<Icon name="plus" size={20} /> {t("prescription.add")}
			</a>
			{inForce.length ? cards(inForce) : <p class="empty card">{t("prescription.none")}</p>}
			{reply.withoutPrescription?.length ? (
				<section class="card stack">
					<h2>{t("medication.without")}</h2>
					<ul class="stack drug-lines">{reply.withoutPrescription.map((line) => <LineItem key={line.id} to="" line={line} whole={undefined} />)}</ul>
				</section>
			) : null}
			{rest.length ? (
				<details>
					<summary>{t("prescription.ended")} ({rest.length})</summary>
					{cards(rest)}
				</details>
			) : null}
		</>
	);
}

function PrescriptionsView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const from = useData<Medication>(`/api/patients/${id}/medication`);
	return (
		<PatientFrame id={id} title={t("medication.prescriptions")} backTo={`/patients/${id}`}>
			<MedicationTabs patient={id} current="prescriptions" />
			<Loaded from={from}>{(reply) => <Prescriptions patient={id} reply={reply} />}</Loaded>
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/prescriptions", view: PrescriptionsView, under: "/patients" };
