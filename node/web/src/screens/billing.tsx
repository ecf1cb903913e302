/* A month before it is closed: who was heard, what to look at, what it comes to; and closing it, which the designated device does. */
import { useState } from "preact/hooks";
import { ask } from "../api/client";
import { holderName, nurseOf, patientOf, useBilling, type Anomaly, type BillingState, type Check, type HolderOf, type Lot, type LotRow, type Names, type Preview, type RateTable } from "../api/billing";
import { touchAll, useData } from "../api/store";
import { go, place, type Screen } from "../router";
import { useStatus } from "../session";
import { BillingTabs, KINDS, MonthBar, thisMonth, TotalsFacts } from "../ui/billing-parts";
import { Icon } from "../ui/icons";
import { Select } from "../ui/inputs";
import { Notice, sentenceOf } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Confirm } from "../ui/confirm";
import { say, t, tn } from "../words";
import { clock, monthOf, shortDay, when } from "../words/dates";
import { addMonths, euros } from "../words/money";

/* Of anomalies that concern the file, not the visit's times: billing_anomaly_kind. */
const OF_FILE = new Set([5, 6, 15]);
const SHOWN = 10;

/** Who closes, and what that means for whoever looks. */
export function WhoCloses({ state }: { state: BillingState }) {
	const self = useStatus()?.device;
	if (!state.holder) return <Notice kind="warn">{t("billing.nobody")} <a href="#/billing/role">{t("billing.toRole")}</a></Notice>;
	if (state.contested) return <Notice kind="bad">{t("billing.contested")} <a href="#/billing/role">{t("billing.toRole")}</a></Notice>;
	if (state.holder.device === self) return <p class="quiet">{t("billing.youClose")}</p>;
	return <Notice kind="calm">{t("billing.otherCloses", { name: holderName(state.holder) })}</Notice>;
}

function HeardLine({ device }: { device: HolderOf & { afterTheMonth: boolean; until?: string } }) {
	return (
		<li class="line">
			<Icon name={device.afterTheMonth ? "check" : "alert"} size={20} />
			<span class="line-text">
				<strong>{holderName(device) || device.device.slice(0, 8)}</strong>
				<span class={device.afterTheMonth ? "quiet small" : "small"}>
					{device.until ? t("billing.heardUntil", { when: when(device.until) }) : t("billing.neverHeard")}
					{device.until && !device.afterTheMonth ? ` ${t("billing.heardTooOld")}` : ""}
				</span>
			</span>
		</li>
	);
}

function Completeness({ check }: { check: Check }) {
	const missing = check.heard.filter((device) => !device.afterTheMonth).length;
	return (
		<section class="tight">
			<h2>{t("billing.heard")}</h2>
			{check.month >= thisMonth() ? <p class="quiet">{t("billing.goesOn")}</p> : missing ? <Notice kind="warn">{tn("billing.heardMissing", missing)}</Notice> : <p class="quiet">{t("billing.heardAll")}</p>}
			<ul class="rows">{check.heard.map((device) => <HeardLine key={device.device} device={check.month >= thisMonth() ? { ...device, afterTheMonth: device.until !== undefined } : device} />)}</ul>
		</section>
	);
}

function AnomalyLine({ anomaly, names }: { anomaly: Anomaly; names: Names | undefined }) {
	if (!anomaly.visit || !anomaly.patient) return null;
	const to = `#/patients/${anomaly.patient}/visits/${anomaly.visit}/correct`;
	return (
		<li class="line">
			<span class="line-text">
				<strong>{patientOf(names, anomaly.patient)}</strong>
				<span class="quiet small">
					{anomaly.start ? `${shortDay(anomaly.start)} ${clock(anomaly.start)}${anomaly.end ? `–${clock(anomaly.end)}` : ""}` : ""} · {nurseOf(names, anomaly.nurse)}
				</span>
				{anomaly.other ? <span class="small">{t("billing.overlaps", { name: patientOf(names, anomaly.otherPatient), time: anomaly.otherStart ? clock(anomaly.otherStart) : "" })}</span> : null}
				<span class="row">
					<a class="button" href={to}>{t("billing.correctVisit")}</a>
					{OF_FILE.has(anomaly.number) ? <a class="button plain" href={`#/patients/${anomaly.patient}`}>{t("billing.openFile")}</a> : null}
				</span>
			</span>
		</li>
	);
}

function AnomalyGroup({ list, names }: { list: Anomaly[]; names: Names | undefined }) {
	const [shown, setShown] = useState(SHOWN);
	const first = list[0];
	if (!first) return null;
	const lines = list.filter((anomaly) => anomaly.visit);
	if (lines.length === 0) return <Notice kind="warn">{say(first)}</Notice>;
	return (
		<details class="card" open={first.stops}>
			<summary>
				<Icon name="alert" size={20} /> <span class="grow">{say(first)}</span> <span class={`tag ${first.stops ? "bad" : "warn"}`}>{lines.length}</span>
			</summary>
			{first.stops ? <p class="small">{t("billing.stops")}</p> : null}
			<ul class="rows">{lines.slice(0, shown).map((anomaly) => <AnomalyLine key={`${anomaly.visit}${anomaly.other ?? ""}`} anomaly={anomaly} names={names} />)}</ul>
			{lines.length > shown ? <button type="button" class="wide-button" onClick={() => setShown(shown + 5 * SHOWN)}>{t("billing.moreShown", { shown, total: lines.length })}</button> : null}
		</details>
	);
}

/* "A device was not heard" stands above, in the list of devices. */
const NOT_HEARD = 10;

function Anomalies({ check }: { check: Check }) {
	const groups = new Map<number, Anomaly[]>();
	for (const anomaly of check.anomalies) if (anomaly.number !== NOT_HEARD) groups.set(anomaly.number, [...(groups.get(anomaly.number) ?? []), anomaly]);
	const ordered = [...groups.values()].sort((a, b) => Number(b[0]?.stops) - Number(a[0]?.stops));
	return (
		<section class="stack">
			<h2>{t("billing.toLookAt")}</h2>
			{ordered.length === 0 ? <p class="quiet">{t("billing.nothingToLookAt")}</p> : ordered.map((list) => <AnomalyGroup key={list[0]?.number} list={list} names={check.names} />)}
		</section>
	);
}

function PreviewCard({ preview }: { preview: Preview }) {
	return (
		<section class="card stack">
			<h2>{t("billing.preview")}</h2>
			<TotalsFacts totals={preview.totals} />
			<dl class="facts amounts">
				{KINDS.filter((kind) => preview.kinds[kind].lines).map((kind) => (
					<>
						<dt>{t(`billing.kind.${kind}`)}</dt>
						<dd>{euros(preview.kinds[kind].cents)} <span class="quiet small">{tn("billing.lineCount", preview.kinds[kind].lines)}</span></dd>
					</>
				))}
			</dl>
			{preview.standsBefore ? <p class="quiet small">{t("billing.stands", { before: euros(preview.standsBefore), after: euros(preview.standsAfter) })}</p> : null}
		</section>
	);
}

function Closing({ month, territory, preview, check, again }: { month: string; territory: string; preview: Preview; check: Check | undefined; again: boolean }) {
	const missing = month < thisMonth() ? (check?.heard.filter((device) => !device.afterTheMonth).length ?? 0) : 0;
	async function close(): Promise<void> {
		const lot = await ask<Lot>("POST", `/api/billing/${month}/close`, { ...(territory ? { territory } : {}), ...(again ? { again: true } : {}) });
		touchAll();
		go(`/billing/lots/${lot.lot}?closed=1`);
	}
	if (preview.inTheWay) return <Notice kind="bad">{say(preview.inTheWay)} <a href="#/billing/role">{t("billing.toRole")}</a></Notice>;
	if (check?.stops) return <Notice kind="bad">{tn("billing.stopped", check.stops)}</Notice>;
	return (
		<Confirm label={t("billing.close", { month: monthOf(month) })} yes={t("billing.closeDo")} onYes={close} primary>
			<h2>{t("billing.closeAsk", { month: monthOf(month) })}</h2>
			<p><strong>{euros(preview.totals.cents)}</strong> · {tn("billing.visitCount", preview.totals.visits)}</p>
			{month >= thisMonth() ? <Notice kind="warn">{t("billing.notOver")}</Notice> : null}
			{missing ? <Notice kind="warn">{tn("billing.closeMissing", missing)}</Notice> : null}
			<ul class="bullets">
				<li>{t("billing.final.never")}</li>
				<li>{t("billing.final.later")}</li>
				<li>{t("billing.final.order")}</li>
			</ul>
		</Confirm>
	);
}

function ClosedLots({ lots }: { lots: LotRow[] }) {
	if (lots.length === 0) return null;
	return (
		<Notice kind="good">
			<p>{tn("billing.closed", lots.length)}</p>
			<ul class="tight">{lots.map((lot) => <li key={lot.lot}><a class="touch" href={`#/billing/lots/${lot.lot}`}>{euros(lot.cents)} · {t("billing.closedOn", { when: when(lot.written) })}</a></li>)}</ul>
		</Notice>
	);
}

function Territory({ value, onValue }: { value: string; onValue: (territory: string) => void }) {
	const rates = useData<{ records: RateTable[] }>("/api/rates").data?.records ?? [];
	const names = [...new Set(rates.filter((rate) => !rate.corrected).map((rate) => rate.territory))].sort();
	if (names.length < 2) return null;
	return <Select id="territory" label={t("billing.territory")} options={names.map((name) => ({ value: name, text: name }))} value={value} onChoose={onValue} />;
}

function BillingView() {
	const query = place().query;
	const month = query.get("month") ?? addMonths(thisMonth(), -1);
	const territory = query.get("territory") ?? "";
	const self = useStatus()?.device;
	const more = `names=1${territory ? `&territory=${encodeURIComponent(territory)}` : ""}`;
	const state = useBilling();
	/* half a second of the program's time each: again when devices have met, or somebody asks, not at every entry that comes */
	const check = useData<Check>(`/api/billing/${month}/check?${more}`, ["meeting"]);
	const preview = useData<Preview>(`/api/billing/${month}/preview?${more}`, ["meeting"]);
	const to = (next: string, where: string): void => go(`/billing?month=${next}${where ? `&territory=${encodeURIComponent(where)}` : ""}`, true);
	const lots = state.data?.lots.filter((lot) => lot.month === month && lot.counts) ?? [];
	const holds = state.data?.holder?.device === self;
	return (
		<ScreenFrame title={t("billing.title")} backTo="/more">
			<BillingTabs current="month" />
			<MonthBar month={month} onMonth={(next) => to(next, territory)} />
			<Territory value={territory} onValue={(where) => to(month, where)} />
			<Loaded from={state}>{(data) => <><WhoCloses state={data} /><ClosedLots lots={lots} /></>}</Loaded>
			{check.data ? <div class="row"><button type="button" onClick={() => { check.reload(); preview.reload(); }}>{t("billing.compute")}</button></div> : null}
			<Loaded from={check}>{(data) => <><Completeness check={data} /><Anomalies check={data} /></>}</Loaded>
			{preview.error ? <Notice kind="warn">{sentenceOf(preview.error)}</Notice> : null}
			{preview.data && !preview.error && lots.length > 0 && preview.data.totals.lines === 0 ? <p class="quiet">{t("billing.noDifference")}</p> : null}
			{preview.data && !preview.error && (lots.length === 0 || preview.data.totals.lines > 0) ? (
				<>
					<PreviewCard preview={preview.data} />
					{holds ? <Closing month={month} territory={territory} preview={preview.data} check={check.data} again={lots.length > 0} /> : null}
				</>
			) : null}
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/billing", view: BillingView, under: "/more", more: { order: 50, label: "billing.title", icon: "bill", roles: ["nurse", "billing"] } };
