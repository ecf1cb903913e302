/* Journey 5: a minimal identity in a minute; whoever is here already is shown while one types. */
import { useState } from "preact/hooks";
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { go, type Screen } from "../router";
import { RecordForm } from "../ui/form";
import { Tick } from "../ui/inputs";
import { Notice } from "../ui/notice";
import { ScreenFrame } from "../ui/screen";
import { say, t } from "../words";
import { shortDay } from "../words/dates";
import { patientName } from "./patients";

const FIELDS = ["lastName", "firstName", "birthName", "birthDate", "sex", "street", "postcode", "town", "doorCode", "mobile", "doctor", "doctorPhone"];
const LOOKED_AT = ["lastName", "firstName", "birthName", "birthDate", "sex", "nir"];

interface Candidate {
	id: string;
	lastName?: string;
	firstName?: string;
	birthDate?: string;
	likely: boolean;
	reasons: Words[];
}

function Duplicates({ values, anyway, onAnyway }: { values: Record<string, unknown>; anyway: boolean; onAnyway: (anyway: boolean) => void }) {
	const enough = Boolean(values.lastName && values.firstName);
	const query = LOOKED_AT.filter((name) => values[name]).map((name) => `${name}=${encodeURIComponent(String(values[name]))}`).join("&");
	const list = useData<{ candidates: Candidate[] }>(enough ? `/api/patients/duplicates?${query}` : null, []).data?.candidates ?? [];
	const likely = list.filter((one) => one.likely);
	if (likely.length === 0) return null;
	return (
		<Notice kind="warn" live>
			<strong>{t("patients.perhaps")}</strong>
			<ul class="tight">
				{likely.map((one) => (
					<li key={one.id}>
						<a href={`#/patients/${one.id}`}>{patientName(one)}</a> {one.birthDate ? shortDay(one.birthDate) : ""} <span class="small">({one.reasons.map((reason) => say(reason)).join(", ")})</span>
					</li>
				))}
			</ul>
			<Tick checked={anyway} onChange={onAnyway}>{t("patients.anyway")}</Tick>
		</Notice>
	);
}

function NewView() {
	const [anyway, setAnyway] = useState(false);
	return (
		<ScreenFrame title={t("patients.new")} under={t("patients.newWhat")} backTo="/patients">
			<RecordForm
				kind="patient"
				fields={FIELDS}
				action={t("patients.save")}
				more={anyway ? { anyway: true } : {}}
				beside={(values) => <Duplicates values={values} anyway={anyway} onAnyway={setAnyway} />}
				onSaved={(saved) => go(`/patients/${saved.id}`, true)}
				onCancel={() => go("/patients")}
			/>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/new", view: NewView, under: "/patients" };
