/* Who the patients are: found while one types, whatever the case and accents. */
import { useEffect, useRef, useState } from "preact/hooks";
import { useData } from "../api/store";
import type { PatientRow } from "../api/types";
import type { Screen } from "../router";
import { Icon } from "../ui/icons";
import { ErrorNotice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { ScreenFrame } from "../ui/screen";
import { t, tn } from "../words";
import { shortDay, years } from "../words/dates";

const PAGE = 50;
const TYPING_MS = 60;

interface List {
	patients: PatientRow[];
	total: number;
}

export function patientName(patient: { lastName?: string; firstName?: string }): string {
	return [patient.lastName, patient.firstName].filter(Boolean).join(" ");
}

/** What was typed, once the fingers rest for a moment. */
function useSettled(text: string): string {
	const [settled, setSettled] = useState(text);
	useEffect(() => {
		const timer = setTimeout(() => setSettled(text), TYPING_MS);
		return () => clearTimeout(timer);
	}, [text]);
	return settled;
}

function Row({ patient }: { patient: PatientRow }) {
	return (
		<li>
			<a class="line" href={`#/patients/${patient.id}`}>
				<span class="line-text">
					<strong>{patientName(patient)}</strong>
					<span class="quiet small">
						{[patient.birthName && patient.birthName !== patient.lastName ? t("patients.born", { name: patient.birthName }) : "", patient.birthDate ? `${shortDay(patient.birthDate)} · ${tn("patients.years", years(patient.birthDate))}` : "", patient.town].filter(Boolean).join(" · ")}
					</span>
					{patient.partial ? <span class="tag warn">{t("patients.partial")}</span> : null}
				</span>
				<Icon name="next" size={20} />
			</a>
		</li>
	);
}

function PatientsView() {
	const [typed, setTyped] = useState("");
	const [limit, setLimit] = useState(PAGE);
	const search = useSettled(typed.trim());
	const from = useData<List>(`/api/patients?limit=${limit}${search ? `&search=${encodeURIComponent(search)}` : ""}`);
	/* the former list stays while the next one comes: no jump */
	const last = useRef<List>({ patients: [], total: 0 });
	if (from.data) last.current = from.data;
	const list = last.current;
	return (
		<ScreenFrame
			title={t("patients.title")}
			beside={<a class="button" href="#/patients/new"><Icon name="plus" size={20} /> {t("patients.add")}</a>}
		>
			<div class="searching">
				<Icon name="search" size={20} />
				<input
					type="search"
					aria-label={t("patients.search")}
					placeholder={t("patients.search")}
					autocomplete="off"
					value={typed}
					onInput={(event) => {
						setTyped(event.currentTarget.value);
						setLimit(PAGE);
					}}
				/>
			</div>
			{from.error ? <ErrorNotice error={from.error} again={from.reload} /> : null}
			<p class="quiet" role="status">{from.loading && list.total === 0 ? "" : tn("patients.count", list.total)}</p>
			{from.loading && list.total === 0 ? <Progress text={t("base.reading")} /> : null}
			{list.patients.length ? <ul class="rows">{list.patients.map((patient) => <Row key={patient.id} patient={patient} />)}</ul> : null}
			{list.total === 0 && !from.loading && !from.error ? (
				<div class="empty card">
					<p>{search ? t("patients.noneFound", { words: search }) : t("patients.none")}</p>
					<a class="button primary" href="#/patients/new">{t("patients.add")}</a>
				</div>
			) : null}
			{list.total > list.patients.length ? (
				<button type="button" class="wide-button" onClick={() => setLimit(limit + 4 * PAGE)}>{t("patients.more", { shown: list.patients.length, total: list.total })}</button>
			) : null}
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients", view: PatientsView, nav: { order: 2, label: "base.nav.patients", icon: "patients", roles: ["nurse", "billing", "locum", "reader"] } };
