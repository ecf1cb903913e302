/* Parts of the screens about what a patient takes. */
import { t, tn } from "../words";
import { Notice } from "./notice";

export function MedicationTabs({ patient, current }: { patient: string; current: "medication" | "prescriptions" }) {
	return (
		<div class="row tabs">
			<a class="button" aria-current={current === "medication" ? "true" : undefined} href={`#/patients/${patient}/medication`}>{t("medication.day")}</a>
			<a class="button" aria-current={current === "prescriptions" ? "true" : undefined} href={`#/patients/${patient}/prescriptions`}>{t("medication.prescriptions")}</a>
		</div>
	);
}

/** Records of which only the names came so far: what is shown may lack them. */
export function NotHere({ count }: { count: number | undefined }) {
	return count ? <Notice kind="warn">{tn("medication.notHere", count)}</Notice> : null;
}
