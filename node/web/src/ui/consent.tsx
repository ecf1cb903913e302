/* Consent to photos: asked before one is taken, noted as a record of its own, and said beside the button. */
import { useState } from "preact/hooks";
import { choiceOf, useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Holder, Rec } from "../api/types";
import { say, t } from "../words";
import { shortDay } from "../words/dates";
import { RecordForm } from "./form";
import { Notice } from "./notice";
import { OnDevices } from "./trust";

const FIELDS = ["decision", "who", "how", "until"];

function ConsentForm({ patient, decision, onDone }: { patient: string; decision: string; onDone: () => void }) {
	return <RecordForm kind="consent" where={patient} about="photo" fields={FIELDS} preset={{ scope: "photo", decision, who: "patient" }} action={t("consent.save")} onSaved={onDone} onCancel={onDone} />;
}

/** `inForce`: as the program says. The last word about photos stands here with where it is. */
export function PhotoConsent({ patient, inForce }: { patient: string; inForce: boolean }) {
	const [noting, setNoting] = useState(false);
	const schema = useSchema();
	const from = useData<{ records: Rec[]; holders?: Holder[] }>(`/api/patients/${patient}/consent`, ["news", "meeting"]);
	const last = from.data?.records.find((record) => record.scope === "photo" && !record.corrected);
	const done = (): void => setNoting(false);
	if (noting)
		return (
			<section class="card stack">
				<h2>{t("consent.title")}</h2>
				<ConsentForm patient={patient} decision={inForce ? "withdrawn" : "given"} onDone={done} />
			</section>
		);
	if (inForce && last)
		return (
			<section class="tight">
				<p class="row">
					<span class="tag good">{t("consent.given", { day: shortDay(String(last.saved)) })}</span>
					<span class="small quiet">{[say(choiceOf(schema, "consent", "who", last.who)), String(last.how ?? "")].filter(Boolean).join(" · ")}</span>
				</p>
				<div class="row">
					<OnDevices on={last.on} holders={from.data?.holders ?? []} />
					<button type="button" class="plain" onClick={() => setNoting(true)}>{t("consent.withdraw")}</button>
				</div>
			</section>
		);
	return (
		<Notice kind="warn">
			<strong>{t("consent.title")}</strong>
			<p>{last && last.decision !== "given" ? t("consent.refused") : t("consent.lacking")}</p>
			<button type="button" onClick={() => setNoting(true)}>{t("consent.note")}</button>
		</Notice>
	);
}
