/* A copy that is not whole yet: what comes now in records and bytes, how long it takes, what nobody brought; and what the team's log refused. */
import { ask } from "../api/client";
import { touchAll } from "../api/store";
import type { Copy, Refused } from "../api/types";
import { language, say, t, tn } from "../words";
import { duration, when } from "../words/dates";
import { megabytes } from "./bytes";
import { Confirm } from "./confirm";
import { Notice } from "./notice";
import { Progress } from "./progress";

function Coming({ copy }: { copy: Copy }) {
	const { early, records, remainingSeconds } = copy.coming;
	return (
		<>
			{early ? <p>{t("sync.early", { done: early.dossiers.toLocaleString(language()), of: early.dossiersExpected.toLocaleString(language()), bytes: megabytes(early.bytes), all: megabytes(early.bytesExpected) })}</p> : null}
			{records ? <p>{t("sync.coming", { done: records.records.toLocaleString(language()), of: records.recordsExpected.toLocaleString(language()), bytes: megabytes(records.bytes), all: megabytes(records.bytesExpected) })}</p> : null}
			{remainingSeconds === null ? null : <p class="quiet">{t("sync.remaining", { time: duration(Math.max(1, Math.ceil(remainingSeconds / 60))) })}</p>}
			{!early && !records ? <p>{t("sync.nobodyBrings")}</p> : null}
		</>
	);
}

export function Joining({ copy }: { copy: Copy }) {
	async function accept(): Promise<void> {
		await ask("POST", "/api/copy/accept", {});
		touchAll();
	}
	if (!copy.partial) return copy.unmet.length ? <Notice kind="warn">{tn("sync.unmet", copy.unmet.length)}</Notice> : null;
	return (
		<section class="card stack">
			<h2>{t("sync.partial")}</h2>
			<Progress text={t("base.partialProgress")} done={copy.records} of={copy.of} />
			<Coming copy={copy} />
			{copy.since ? <p class="quiet">{t("sync.since", { when: when(copy.since) })}</p> : null}
			{copy.coming.early || copy.coming.records ? null : <Confirm label={t("sync.accept")} onYes={accept}><p>{t("sync.acceptWhat")}</p></Confirm>}
		</section>
	);
}

export function RefusedList({ refused }: { refused: Refused[] }) {
	const told = refused.filter((one) => !one.ordinary);
	if (told.length === 0) return null;
	return (
		<details class="card">
			<summary>{tn("sync.refused", told.reduce((sum, one) => sum + one.count, 0))}</summary>
			<div class="stack">
				<p>{t("sync.refusedWhat")}</p>
				<ul class="bullets">{told.map((one) => <li key={one.what + one.reason}>{one.count.toLocaleString(language())} × {t("copy.pair", { name: say(one.label), value: say(one.why) })}</li>)}</ul>
			</div>
		</details>
	);
}
