/* Months that were closed: every lot, whether it counts; and a file that somebody brings, held against them. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { useBilling, type LotRow } from "../api/billing";
import type { Words } from "../api/types";
import type { Screen } from "../router";
import { BillingTabs } from "../ui/billing-parts";
import { Icon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { monthOf, when } from "../words/dates";
import { capital, euros } from "../words/money";

function LotLine({ lot }: { lot: LotRow }) {
	return (
		<li>
			<a class="line" href={`#/billing/lots/${lot.lot}`}>
				<span class="line-text">
					<strong>{capital(monthOf(lot.month))}</strong>
					<span class="quiet small">{t("billing.closedOn", { when: when(lot.written) })} · {tn("billing.visitCount", lot.visits)}{lot.credits ? ` · ${tn("billing.creditCount", lot.credits)}` : ""}</span>
					{lot.counts ? null : <span class="tag bad">{t("lots.doesNotCount")}</span>}
				</span>
				<strong class="amount">{euros(lot.cents)}</strong>
				<Icon name="next" size={20} />
			</a>
		</li>
	);
}

interface Verified {
	same: boolean;
	month: string;
	lot: string;
	lotKnown: boolean;
	lotSame: boolean;
	notHere: number;
	count: number;
	differences: { where?: string; file?: unknown; here?: unknown }[];
	counts: boolean;
	why: Words;
}

function shown(value: unknown): string {
	return value === undefined || value === null ? "—" : typeof value === "object" ? JSON.stringify(value) : String(value);
}

function VerifiedFile({ verified }: { verified: Verified }) {
	return (
		<>
			{verified.same ? <Notice kind="good" live>{t("lots.fileSame", { month: monthOf(verified.month) })}</Notice> : <Notice kind="bad" live>{t("lots.fileDiffers", { month: monthOf(verified.month) })}</Notice>}
			{verified.lotKnown ? null : <p>{t("lots.fileUnknown")}</p>}
			{verified.counts ? null : <p>{say(verified.why)}</p>}
			{verified.notHere ? <p>{tn("lots.notHere", verified.notHere)}</p> : null}
			{verified.differences.length ? (
				<>
					<p>{tn("lots.differences", verified.count)}</p>
					<ul class="rows">
						{verified.differences.slice(0, 50).map((one, index) => (
							<li key={index} class="line"><span class="line-text"><strong>{one.where}</strong><span class="small">{t("lots.inFile", { value: shown(one.file) })}</span><span class="small">{t("lots.here", { value: shown(one.here) })}</span></span></li>
						))}
					</ul>
				</>
			) : null}
		</>
	);
}

/** Nothing of the file is believed: what this device computes is beside it. */
function VerifyFile() {
	const [verified, setVerified] = useState<Verified>();
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	async function verify(file: File | undefined): Promise<void> {
		if (!file) return;
		setBusy(true);
		setError(undefined);
		setVerified(undefined);
		try {
			setVerified(await ask<Verified>("POST", "/api/billing/verify", file));
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	return (
		<details class="card">
			<summary>{t("lots.verifyFile")}</summary>
			<div class="stack">
				<p>{t("lots.verifyFileWhat")}</p>
				<div class="field">
					<label class="label" for="statement-file">{t("lots.file")}</label>
					<input id="statement-file" type="file" accept=".csv,.json" onChange={(event) => void verify(event.currentTarget.files?.[0])} />
				</div>
				{busy ? <Progress text={t("lots.verifying")} /> : null}
				{error ? <ErrorNotice error={error} /> : null}
				{verified ? <VerifiedFile verified={verified} /> : null}
			</div>
		</details>
	);
}

function LotsView() {
	const from = useBilling();
	return (
		<ScreenFrame title={t("lots.title")} backTo="/billing">
			<BillingTabs current="lots" />
			<Loaded from={from}>
				{(state) => (
					<>
						<p class="quiet">{t("lots.what")}</p>
						{state.lots.length === 0 ? (
							<div class="empty card"><Icon name="bill" size={40} /><p>{t("lots.none")}</p></div>
						) : (
							<ul class="rows">{[...state.lots].reverse().map((lot) => <LotLine key={lot.lot} lot={lot} />)}</ul>
						)}
						<VerifyFile />
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/billing/lots", view: LotsView, under: "/more" };
