/* The frame of a screen about one patient: who it is stands large under the title, so that nothing goes into the wrong file. */
import type { ComponentChildren } from "preact";
import { useData } from "../api/store";
import type { PatientRow, Rec } from "../api/types";
import { patientName } from "../screens/patients";
import { t, tn } from "../words";
import { shortDay, years } from "../words/dates";
import { ScreenFrame } from "./screen";

export function usePatient(id: string): (Rec & PatientRow) | undefined {
	return useData<Rec & PatientRow>(id ? `/api/patients/${id}` : null).data;
}

/** "née le 14/03/1938 · 88 ans" */
export function bornOn(patient: PatientRow): string {
	if (!patient.birthDate) return "";
	const sexed = patient.sex === "F" ? "f" : patient.sex === "M" ? "m" : "x";
	return `${t(`patient.bornOn.${sexed}`, { day: shortDay(patient.birthDate) })} · ${tn("patients.years", years(patient.birthDate))}`;
}

export function PatientFrame({ id, title, backTo, beside, children }: { id: string; title: string; backTo: string; beside?: ComponentChildren; children: ComponentChildren }) {
	const patient = usePatient(id);
	const who = patient ? (
		<p class="whose">
			<strong class="who">{patientName(patient)}</strong>
			<span class="small">{bornOn(patient)}</span>
		</p>
	) : undefined;
	return (
		<ScreenFrame title={title} under={who} beside={beside} backTo={backTo}>
			{children}
		</ScreenFrame>
	);
}
