/* Who opened which record on this device, when, what for; of one patient ("who read this file?"), of one month; as a file for a control. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { useData } from "../api/store";
import type { PatientRow } from "../api/types";
import { go, place, type Screen } from "../router";
import { Confirm } from "../ui/confirm";
import { saveFile } from "../ui/save-file";
import { Icon } from "../ui/icons";
import { Select, TextInput, Tick } from "../ui/inputs";
import { ErrorNotice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { t, tn } from "../words";
import { clock, dayOf, longDay, monthOf } from "../words/dates";

interface Row {
	number: number;
	moment: string;
	name: string;
	kind: string;
	detail: number;
	patient?: { id: string; name: string };
}

interface List {
	rows: Row[];
	more: boolean;
	gone: number;
	days: number;
}

const PAGE = 50;
const MOST = 200;
const MONTHS = 13;
const OF_PATIENTS = ["record", "history", "news", "photo", "search", "copy", "control"];
const KNOWN = [...OF_PATIENTS, "begin", "expired", "lost", "period", "broken", "minutes", "thread", "patients", "visits", "billing", "dump", "log", "export", "backup", "file", "cases", "work", "own"];

function months(): string[] {
	const [year, month] = dayOf().split("-").map(Number) as [number, number];
	return Array.from({ length: MONTHS }, (_, i) => new Date(Date.UTC(year, month - 1 - i, 1)).toISOString().slice(0, 7));
}

function address(patient: string, month: string): string {
	const query = new URLSearchParams({ ...(patient ? { patient } : {}), ...(month ? { month } : {}) }).toString();
	return `/access${query ? `?${query}` : ""}`;
}

function PatientFilter({ patient, month }: { patient: string; month: string }) {
	const [words, setWords] = useState("");
	const known = useData<PatientRow>(patient ? `/api/patients/${patient}?alone=1` : null, []).data;
	const found = useData<{ patients: PatientRow[] }>(words.trim().length > 1 ? `/api/patients?search=${encodeURIComponent(words.trim())}&limit=6` : null, []).data?.patients ?? [];
	const name = (one: PatientRow | undefined): string => [one?.lastName, one?.firstName].filter(Boolean).join(" ");
	if (patient)
		return (
			<div class="row apart">
				<strong>{name(known) || t("access.patient")}</strong>
				<button type="button" onClick={() => go(address("", month))}>{t("access.everybody")}</button>
			</div>
		);
	return (
		<div class="tight">
			<TextInput id="access-patient" label={t("access.patient")} help={t("access.patientHelp")} value={words} onInput={setWords} type="search" />
			{words.trim().length > 1 ? (
				<div class="row">
					{found.map((one) => <button key={one.id} type="button" onClick={() => { setWords(""); go(address(one.id, month)); }}>{name(one)}</button>)}
					{found.length === 0 ? <span class="quiet">{t("access.nobody")}</span> : null}
				</div>
			) : null}
		</div>
	);
}

function kindWords(row: Row): string {
	return KNOWN.includes(row.kind) ? t(`access.kind.${row.kind}`) : t("access.other", { kind: row.kind });
}

function Rows({ rows, withPatient }: { rows: Row[]; withPatient: boolean }) {
	const days = [...new Set(rows.map((row) => dayOf(row.moment)))];
	return (
		<>
			{days.map((day) => (
				<section key={day} class="tight">
					<h2>{longDay(day)}</h2>
					<ul class="rows">
						{rows.filter((row) => dayOf(row.moment) === day).map((row) => (
							<li key={row.number} class="line">
								<span class="time">{clock(row.moment)}</span>
								<span class="line-text">
									{withPatient && row.patient ? <a href={`#/patients/${row.patient.id}`}><strong>{row.patient.name}</strong></a> : withPatient && OF_PATIENTS.includes(row.kind) ? <strong>{t("access.notHere")}</strong> : null}
									<span>{kindWords(row)}</span>
									<span class="small quiet">{row.name || t("access.system")}</span>
								</span>
							</li>
						))}
					</ul>
				</section>
			))}
		</>
	);
}

function Export({ month }: { month: string }) {
	const [names, setNames] = useState(false);
	async function save(): Promise<void> {
		const last = month ? new Date(Date.UTC(Number(month.slice(0, 4)), Number(month.slice(5)), 0)).toISOString().slice(0, 10) : "";
		const reply = await ask<{ csv: string }>("GET", `/api/access/export?csv=1${names ? "&names=1" : ""}${month ? `&from=${month}-01&to=${last}` : ""}`);
		saveFile(`${t("access.file")}-${month || dayOf()}.csv`, reply.csv);
	}
	return (
		<Confirm label={t("access.export")} onYes={save}>
			<p>{t("access.exportWhat")}</p>
			<Tick checked={names} onChange={setNames}>{t("access.names")}</Tick>
			{names ? <p class="problem">{t("access.namesWhat")}</p> : null}
		</Confirm>
	);
}

function AccessView() {
	const query = place().query;
	const patient = query.get("patient") ?? "";
	const month = query.get("month") ?? "";
	const path = `/api/access/rows?limit=${PAGE}${patient ? `&patient=${patient}` : ""}${month ? `&month=${month}` : ""}`;
	const from = useData<List>(path, []);
	const [older, setOlder] = useState<{ of: string; rows: Row[]; more: boolean }>();
	const [error, setError] = useState<ApiError>();
	const further = older?.of === path ? older : undefined;
	async function more(last: number): Promise<void> {
		setError(undefined);
		try {
			const next = await ask<List>("GET", path.replace(`limit=${PAGE}`, `limit=${MOST}&before=${last}`));
			setOlder({ of: path, rows: [...(further?.rows ?? []), ...next.rows], more: next.more });
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<ScreenFrame title={t(patient ? "access.titleOf" : "access.title")} backTo={patient ? `/patients/${patient}` : "/more"}>
			<p class="quiet">{t("access.what")}</p>
			<section class="card stack">
				<PatientFilter patient={patient} month={month} />
				<Select id="access-month" label={t("access.month")} options={months().map((value) => ({ value, text: monthOf(value) }))} value={month} onChoose={(value) => go(address(patient, value))} />
			</section>
			<Loaded from={from}>
				{(list) => {
					const rows = [...list.rows, ...(further?.rows ?? [])];
					return (
						<>
							{rows.length === 0 ? <div class="empty card"><Icon name="check" size={40} /><p>{t("access.none")}</p></div> : <Rows rows={rows} withPatient={!patient} />}
							{error ? <ErrorNotice error={error} /> : null}
							{(further ?? list).more ? <button type="button" class="wide-button" onClick={() => void more(rows[rows.length - 1]?.number ?? 0)}>{t("access.more")}</button> : null}
							<p class="quiet">{tn("access.days", list.days)}</p>
						</>
					);
				}}
			</Loaded>
			<div class="stack acts"><Export month={month} /></div>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/access", view: AccessView, under: "/more", more: { order: 94, label: "access.title", icon: "lock" } };
