/* One closed month: what it comes to, its hash in words, files that leave, each one's share, every line explained. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { useBilling, type Lot, type LotRow, type Shares } from "../api/billing";
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { place, type Screen } from "../router";
import { TotalsFacts } from "../ui/billing-parts";
import { LotLines } from "../ui/lot-lines";
import { Choices, Tick } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Paper } from "../ui/paper";
import { saveFile } from "../ui/save-file";
import { Loaded, ScreenFrame } from "../ui/screen";
import { language, say, t, tn } from "../words";
import { duration, monthOf, when } from "../words/dates";
import { capital, euros } from "../words/money";

const FORMATS = ["html", "csv", "json", "fhir"] as const;
const ENDINGS: Record<string, string> = { csv: "csv", json: "json", fhir: "fhir.json" };

interface Asked {
	lot: LotRow;
	/** "&patient=ID", "&nurse=ID"; "": all. */
	of: string;
	name?: string;
}

function statementPath({ lot, of }: Asked, format: string, names: boolean): string {
	return `/api/billing/${lot.month}/statement?format=${format}&lot=${lot.lot}&lang=${language()}&unencrypted=1${of}${names ? "&names=1" : ""}`;
}

/** What leaves the device: said before it does. */
function Files({ lot, onPaper }: { lot: LotRow; onPaper: (html: string) => void }) {
	const [format, setFormat] = useState<string>("html");
	const [names, setNames] = useState(true);
	const [error, setError] = useState<ApiError>();
	const [done, setDone] = useState("");
	async function make(event: Event): Promise<void> {
		event.preventDefault();
		setError(undefined);
		setDone("");
		try {
			const { file } = await ask<{ file: string }>("GET", statementPath({ lot, of: "" }, format, names && (format === "html" || format === "fhir")));
			if (format === "html") return onPaper(file);
			const name = `releve-${lot.month}-${lot.lot.slice(0, 8)}.${ENDINGS[format] ?? "txt"}`;
			saveFile(name, file);
			setDone(t("lots.saved", { name }));
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<form class="card stack" onSubmit={(event) => void make(event)}>
			<h2>{t("lots.files")}</h2>
			<Choices id="format" label={t("lots.format")} options={FORMATS.map((one) => ({ value: one, text: t(`lots.format.${one}`) }))} value={format} onChoose={setFormat} />
			{format === "html" || format === "fhir" ? <Tick checked={names} onChange={setNames}>{t("lots.withNames")}</Tick> : <p class="quiet small">{t("lots.idsOnly")}</p>}
			<Notice kind="warn">{t("lots.inClear")}</Notice>
			{error ? <ErrorNotice error={error} /> : null}
			<div class="row"><button class="primary">{format === "html" ? t("lots.show") : t("lots.save")}</button></div>
			<p role="status" class="quiet">{done}</p>
		</form>
	);
}

interface Verified {
	same: boolean;
	counts: boolean;
	why: Words;
}

function Hash({ lot }: { lot: LotRow }) {
	const [verified, setVerified] = useState<Verified>();
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	async function verify(): Promise<void> {
		setBusy(true);
		setError(undefined);
		try {
			setVerified(await ask<Verified>("GET", `/api/billing/${lot.month}/verify?lot=${lot.lot}`));
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	return (
		<section class="card stack">
			<h2>{t("lots.hash")}</h2>
			<p>{t("lots.hashWhat")}</p>
			<pre class="hash">{lot.lot.match(/.{8}/g)?.join(" ")}</pre>
			{error ? <ErrorNotice error={error} /> : null}
			{verified ? (
				<Notice kind={verified.same ? "good" : "bad"} live>
					{verified.same ? t("lots.same") : verified.counts ? t("lots.differs") : say(verified.why)}
				</Notice>
			) : null}
			<div class="row"><button type="button" disabled={busy} onClick={() => void verify()}>{busy ? t("lots.verifying") : t("lots.verify")}</button></div>
		</section>
	);
}

function SharesOf({ lot, by, onPaper }: { lot: LotRow; by: "nurses" | "patients"; onPaper: (html: string) => void }) {
	const from = useData<Shares>(`/api/billing/${lot.month}/${by}?names=1`, []);
	const [error, setError] = useState<ApiError>();
	const key = by === "nurses" ? "nurse" : "patient";
	async function statement(id: string): Promise<void> {
		setError(undefined);
		try {
			onPaper((await ask<{ file: string }>("GET", statementPath({ lot, of: `&${key}=${key === "nurse" ? id.slice(0, 12) : id}` }, "html", true))).file);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<Loaded from={from}>
			{(shares) => {
				const name = (id: string): string => (by === "nurses" ? shares.names?.nurses[id.slice(0, 12)] : shares.names?.patients[id]) ?? id.slice(0, 8);
				const rows = [...shares.rows].sort((a, b) => name(a[key] ?? "").localeCompare(name(b[key] ?? "")));
				return (
					<div class="stack">
						{error ? <ErrorNotice error={error} /> : null}
						<ul class="rows">
							{rows.map((row) => (
								<li key={row[key]} class="line">
									<span class="line-text">
										<strong>{name(row[key] ?? "")}</strong>
										<span class="quiet small">{tn("billing.visitCount", row.visits)} · {duration(row.minutes)}</span>
										<span class="quiet small">{t("lots.split", { amo: euros(row.amoCents), amc: euros(row.amcCents) })}</span>
									</span>
									<span class="tight end"><strong class="amount">{euros(row.cents)}</strong><button type="button" onClick={() => void statement(row[key] ?? "")}>{t("lots.statement")}</button></span>
								</li>
							))}
						</ul>
						<p class="quiet small">{by === "nurses" ? t("lots.sumNurses", { amount: euros(shares.totals.cents) }) : t("lots.sum", { amount: euros(shares.totals.cents) })}</p>
						<div class="row"><button type="button" onClick={() => saveFile(`releve-${lot.month}-${by}.csv`, shares.csv)}>{t("lots.tableCsv")}</button></div>
					</div>
				);
			}}
		</Loaded>
	);
}

type Tab = "lines" | "nurses" | "patients";
const TABS: readonly Tab[] = ["lines", "nurses", "patients"];

function LotBody({ row, lot, onPaper }: { row: LotRow; lot: Lot; onPaper: (html: string) => void }) {
	const [tab, setTab] = useState<Tab>("lines");
	return (
		<>
			<section class="card stack">
				<TotalsFacts totals={lot.totals} />
				<p class="quiet small">{t("billing.closedOn", { when: when(row.written) })}</p>
				{row.counts ? null : <Notice kind="bad">{say(row.why)} <a href="#/billing/role">{t("billing.toRole")}</a></Notice>}
			</section>
			<Files lot={row} onPaper={onPaper} />
			<Hash lot={row} />
			<section class="stack">
				<div class="row tabs narrow" role="group" aria-label={t("lots.detail")}>
					{TABS.map((one) => <button key={one} type="button" class="button" aria-pressed={tab === one} aria-current={tab === one ? "true" : undefined} onClick={() => setTab(one)}>{t(`lots.tab.${one}`)}</button>)}
				</div>
				{tab === "lines" ? <LotLines lot={lot} /> : <SharesOf lot={row} by={tab} onPaper={onPaper} key={tab} />}
			</section>
		</>
	);
}

function LotView({ params }: { params: Record<string, string> }) {
	const state = useBilling();
	const [paper, setPaper] = useState("");
	const row = state.data?.lots.find((one) => one.lot === params.lot);
	const from = useData<Lot>(row ? `/api/billing/${row.month}?lot=${row.lot}&names=1` : null, []);
	const title = row ? capital(monthOf(row.month)) : t("lots.title");
	if (paper) return <ScreenFrame title={title}><Paper html={paper} onClose={() => setPaper("")} /></ScreenFrame>;
	return (
		<ScreenFrame title={title} backTo="/billing/lots">
			{place().query.get("closed") ? <Notice kind="good" live>{t("lots.closedNow")}</Notice> : null}
			{state.error ? <ErrorNotice error={state.error} again={state.reload} /> : null}
			{state.data && !row ? <Notice kind="warn">{t("lots.unknown")}</Notice> : null}
			{row ? <Loaded from={from}>{(lot) => <LotBody row={row} lot={lot} onPaper={setPaper} />}</Loaded> : null}
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/billing/lots/:lot", view: LotView, under: "/more" };
