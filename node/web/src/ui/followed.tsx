/* From a patient's file to what is followed over time; what is urgent about the medication is said here already. */
import type { Words } from "../api/types";
import { say, t } from "../words";
import { Notice } from "./notice";

export interface Urgent {
	attention?: (Words & { type: string; urgency: string })[];
}

export function Followed({ patient, medication }: { patient: string; medication: Urgent }) {
	const urgent = (medication.attention ?? []).filter((item) => item.urgency === "now");
	return (
		<>
			{urgent.length ? (
				<Notice kind="bad">
					<ul class="tight">{urgent.map((item) => <li key={item.fr}>{say(item)}</li>)}</ul>
				</Notice>
			) : null}
			<nav class="row tabs followed" aria-label={t("followed.title")}>
				<a class="button" href={`#/patients/${patient}/medication`}>{t("medication.title")}</a>
				<a class="button" href={`#/patients/${patient}/vitals`}>{t("vitals.title")}</a>
				<a class="button" href={`#/patients/${patient}/wounds`}>{t("wounds.title")}</a>
			</nav>
		</>
	);
}
