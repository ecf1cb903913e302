/* A patient's file: what a nurse at the door has to know first, then the rest, each with where it is. */
import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { choiceOf, useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Age as AgeType, Holder, OpenProblem, PatientRow, Rec, Words } from "../api/types";
import type { Screen } from "../router";
import { Followed, type Urgent } from "../ui/followed";
import { Icon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Scores } from "../ui/scores";
import { Age, OnDevices } from "../ui/trust";
import { say, t, tn } from "../words";
import { dayOf, duration, shortDay, when, years } from "../words/dates";
import { patientName } from "./patients";
import { startVisit } from "./round";

interface File {
	patient: Rec & PatientRow;
	identity: { status?: string; statusLabel?: Words; warnings?: (Words & { field: string })[]; ins?: { number: string } };
	allergies: { text: string }[];
	alerts: Rec[];
	access: Record<string, string>;
	contact: Record<string, string>;
	doctor: Record<string, string>;
	referent?: { values?: { name: string }[] };
	circle: { name: string }[];
	problems: OpenProblem[];
	prescriptions: (Rec & Partial<Words>)[];
	medication: Urgent;
	transmissions: Rec[];
	visits: Rec[];
	holders: Holder[];
	age: AgeType;
}

function Section({ title, beside, children }: { title: string; beside?: preact.ComponentChildren; children: preact.ComponentChildren }) {
	return (
		<section class="card stack">
			<div class="row apart">
				<h2>{title}</h2>
				{beside}
			</div>
			{children}
		</section>
	);
}

function Facts({ facts }: { facts: [string, preact.ComponentChildren][] }) {
	const known = facts.filter(([, value]) => value);
	if (known.length === 0) return <p class="quiet">{t("patient.unknown")}</p>;
	return (
		<dl class="facts">
			{known.map(([label, value]) => (
				<>
					<dt>{label}</dt>
					<dd>{value}</dd>
				</>
			))}
		</dl>
	);
}

function phone(number: string | undefined) {
	return number ? <a href={`tel:${number}`}>{number}</a> : undefined;
}

function Alerts({ file, id }: { file: File; id: string }) {
	const schema = useSchema();
	return (
		<>
			{file.alerts.length || file.allergies.length ? (
				<Notice kind="bad">
					<ul class="tight">
						{file.alerts.map((alert) => (
							<li key={alert.id}>
								<strong>{say(choiceOf(schema, "alert", "type", alert.type))}</strong> {String(alert.what ?? "")} {alert.reaction ? `· ${String(alert.reaction)}` : ""}{" "}
								<a href={`#/patients/${id}/edit/alert/${alert.id}`}>{t("base.change")}</a>
							</li>
						))}
						{file.allergies.map((allergy) => (
							<li key={allergy.text}>
								<strong>{t("round.allergies")}</strong> {allergy.text}
							</li>
						))}
					</ul>
				</Notice>
			) : null}
			{file.identity.warnings?.map((warning) => <Notice key={warning.fr} kind="warn">{say(warning)}</Notice>)}
		</>
	);
}

function Problem({ problem, patient }: { problem: OpenProblem; patient: string }) {
	return (
		<li class="problem-line">
			<div class="row apart">
				<strong><a href={`#/patients/${patient}/problems/${problem.id}`}>{problem.name || say(problem.label)}</a></strong>
				{problem.trend === "better" || problem.trend === "worse" ? <span class={`tag ${problem.trend === "better" ? "good" : "warn"}`}>{t(`patient.trend.${problem.trend}`)}</span> : null}
			</div>
			{problem.signs ? <p class="quiet small">{problem.signs}</p> : null}
			<Scores current={problem.current} previous={problem.previous} />
		</li>
	);
}

function Transmissions({ file }: { file: File }) {
	return (
		<ul class="stack">
			{file.transmissions.map((note) => (
				<li key={note.id} class={`tight${note.corrected ? " struck" : ""}`}>
					<p class="small quiet">
						{when(String(note.at))} {note.urgency === "urgent" ? <span class="tag bad">{t("patient.urgent")}</span> : null}
					</p>
					{note.focus ? <strong>{String(note.focus)}</strong> : null}
					<p class="prose">{String(note.data ?? "")}</p>
					{note.actions ? <p class="prose"><span class="quiet">{t("visit.actions")} </span>{String(note.actions)}</p> : null}
					{note.results ? <p class="prose"><span class="quiet">{t("visit.results")} </span>{String(note.results)}</p> : null}
					<OnDevices on={note.on} holders={file.holders} />
				</li>
			))}
		</ul>
	);
}

function Visits({ file }: { file: File }) {
	const schema = useSchema();
	return (
		<ul class="stack">
			{file.visits.map((visit) => {
				const start = String(visit.start);
				const minutes = Math.round((new Date(String(visit.end)).getTime() - new Date(start).getTime()) / 60000);
				return (
					<li key={visit.id} class={`tight${visit.corrected ? " struck" : ""}`}>
						<p>
							<strong>{when(start)}</strong> <span class="quiet">{duration(minutes)}</span>{" "}
							{visit.outcome && visit.outcome !== "done" ? <span class="tag warn">{say(choiceOf(schema, "visit", "outcome", visit.outcome))}</span> : null}
						</p>
						{visit.note ? <p class="prose">{String(visit.note)}</p> : null}
						<OnDevices on={visit.on} holders={file.holders} />
					</li>
				);
			})}
		</ul>
	);
}

function FileView({ file, id }: { file: File; id: string }) {
	const [error, setError] = useState<ApiError>();
	const { access, contact, doctor, patient } = file;
	const start = (): void => {
		startVisit(id).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
	};
	const address = [access.street, access.complement, [access.postcode, access.town].filter(Boolean).join(" ")].filter(Boolean).join(", ");
	return (
		<>
			<div class="row apart">
				<OnDevices on={patient.on} holders={file.holders} />
				<Age age={file.age} />
			</div>
			<Alerts file={file} id={id} />
			<Followed patient={id} medication={file.medication} />
			<button type="button" class="primary wide-button" onClick={start}>
				<Icon name="play" size={20} /> {t("patient.start")}
			</button>
			{error ? <ErrorNotice error={error} /> : null}
			<div class="two">
				<Section title={t("patient.access")} beside={<a href={`#/patients/${id}/edit/patient/${id}`}>{t("base.change")}</a>}>
					<Facts
						facts={[
							[t("patient.address"), address],
							[t("patient.door"), access.doorCode ? <strong class="code">{access.doorCode}</strong> : undefined],
							[t("patient.keys"), [access.keys, access.keyBox].filter(Boolean).join(" · ")],
							[t("patient.phone"), phone(patient.mobile as string | undefined) ?? phone(patient.phone as string | undefined)],
						]}
					/>
				</Section>
				<Section title={t("patient.people")}>
					<Facts
						facts={[
							[t("patient.referent"), file.referent?.values?.map((value) => value.name).join(", ")],
							[t("patient.circle"), file.circle.map((one) => one.name).join(", ")],
							[t("patient.contact"), contact.contactName ? <>{contact.contactName} {contact.contactLink ? `(${contact.contactLink})` : ""} {phone(contact.contactPhone)}</> : undefined],
							[t("patient.doctor"), doctor.doctor ? <>{doctor.doctor} {phone(doctor.doctorPhone)}</> : undefined],
						]}
					/>
				</Section>
			</div>
			<Section title={tn("patient.problems", file.problems.length)} beside={<span class="row"><a href={`#/patients/${id}/plan`}>{t("plan.title")}</a> <a href={`#/patients/${id}/problems/new`}>{t("base.add")}</a></span>}>
				{file.problems.length ? <ul class="stack">{file.problems.map((problem) => <Problem key={problem.id} problem={problem} patient={id} />)}</ul> : <p class="quiet">{t("base.noneYet")}</p>}
			</Section>
			<div class="two">
				<Section title={t("patient.transmissions")} beside={<a href={`#/patients/${id}/add/transmission`}>{t("base.add")}</a>}>
					{file.transmissions.length ? <Transmissions file={file} /> : <p class="quiet">{t("base.noneYet")}</p>}
				</Section>
				<Section title={t("patient.visits")} beside={<a href={`#/patients/${id}/visits`}>{t("visits.all")}</a>}>{file.visits.length ? <Visits file={file} /> : <p class="quiet">{t("base.noneYet")}</p>}</Section>
			</div>
			<Section title={t("patient.all")}>
				<p class="quiet">{t("patient.allWhat")}</p>
				<a class="button" href={`#/patients/${id}/records`}>{t("patient.allOpen")}</a>
				<div class="row">
					<a class="button" href={`#/patients/${id}/messages`}>{t("exchange.title")}</a>
					<a class="button" href={`#/patients/${id}/recurrence`}>{t("recurrence.title")}</a>
					<a class="button" href={`#/patients/${id}/signoff`}>{t("signoff.title")}</a>
					<a class="button" href={`#/access?patient=${id}`}>{t("access.titleOf")}</a>
					<a class="button danger" href={`#/patients/${id}/erase`}>{t("erase.title")}</a>
				</div>
			</Section>
		</>
	);
}

function PatientView({ params }: { params: Record<string, string> }) {
	const id = params.id ?? "";
	const from = useData<File>(`/api/patients/${id}/file`);
	const patient = from.data?.patient;
	const sexed = patient?.sex === "F" ? "f" : patient?.sex === "M" ? "m" : "x";
	return (
		<ScreenFrame
			title={patient ? patientName(patient) : t("patient.title")}
			under={patient?.birthDate ? `${t(`patient.bornOn.${sexed}`, { day: shortDay(patient.birthDate) })} · ${tn("patients.years", years(patient.birthDate, dayOf()))}${from.data?.identity.statusLabel ? ` · ${say(from.data.identity.statusLabel)}` : ""}` : from.loading ? "…" : undefined}
			backTo="/patients"
		>
			<Loaded from={from}>{(file) => <FileView file={file} id={id} />}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id", view: PatientView, under: "/patients" };
