/* A patient's measures over time: the last one, a plot with this patient's limits, each value with what was said of it. */
import { useState } from "preact/hooks";
import { choiceOf, useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Rec } from "../api/types";
import { short } from "../api/versions";
import type { Followed, Limits, Value, Vitals } from "../api/vitals";
import { go, place, type Screen } from "../router";
import { RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { limitsWords } from "../ui/measures";
import { NotHere } from "../ui/medication-parts";
import { Notice } from "../ui/notice";
import { PatientFrame } from "../ui/patient-frame";
import { Plot } from "../ui/plot";
import { Loaded } from "../ui/screen";
import { decimal, say, signed, t, tn } from "../words";
import { addDays, dayOf, shortDay, when } from "../words/dates";

const PERIODS = [30, 90, 365];
const USUAL = 90;

function periodWords(days: number): string {
	return days === 365 ? t("vitals.year") : t("vitals.days", { n: days });
}

function Tags({ value }: { value: Value }) {
	return (
		<>
			{value.opinion ? <span class={`tag${value.opinion === "suspect" ? " warn" : " good"}`}>{t(`vitals.opinion.${value.opinion}`)}</span> : null}
			{value.opinion !== "suspect" && value.beyond ? <span class="tag bad">{t(`vitals.beyond.${value.beyond}`)}</span> : null}
			{value.unusual && !value.opinion ? <span class="tag warn">{t("vitals.unusual")}</span> : null}
		</>
	);
}

function ValueItem({ patient, one, value }: { patient: string; one: Followed; value: Value }) {
	const [doubting, setDoubting] = useState(false);
	const done = (): void => setDoubting(false);
	return (
		<li class="tight">
			<div class="row apart">
				<p class="row">
					<strong class={value.opinion === "suspect" ? "out" : ""}>{t("vitals.last", { value: decimal(value.value), unit: one.unit })}</strong>
					<span class="quiet small">{[when(value.at), value.from === "visit" ? t("vitals.fromVisit") : "", value.context ?? ""].filter(Boolean).join(" · ")}</span>
					<Tags value={value} />
				</p>
				{doubting ? null : <button type="button" class="plain" onClick={() => setDoubting(true)}>{t("vitals.doubt")}</button>}
			</div>
			{value.why ? <p class="prose small quiet">{value.why}</p> : null}
			{doubting ? (
				<RecordForm
					kind="vitalDoubt"
					where={patient}
					about={`${one.type}${value.id}`}
					fields={["state", "why"]}
					preset={{ [value.from]: short(value.id), measures: { [one.type]: value.value }, state: "suspect" }}
					action={t("vitals.saveDoubt")}
					onSaved={done}
					onCancel={done}
				/>
			) : null}
		</li>
	);
}

/* Values that nobody takes for wrong. */
function pointsOf(one: Followed): { at: string; value: number }[] {
	return one.values.filter((value) => value.opinion !== "suspect").map((value) => ({ at: value.at, value: Number(value.value) }));
}

function numbers(limits: Followed["limits"]): { low?: number; high?: number } {
	return { ...(limits?.low !== undefined ? { low: Number(limits.low) } : {}), ...(limits?.high !== undefined ? { high: Number(limits.high) } : {}) };
}

function summaryOf(one: Followed): string {
	const show = (value: Value | undefined): string => decimal(value?.value ?? "");
	if (one.count > 1 && one.lowest && one.highest) return t("vitals.summary", { low: show(one.lowest), high: show(one.highest), unit: one.unit, n: one.count, last: show(one.last) });
	return one.last ? t("vitals.summaryOne", { title: say(one.label), last: show(one.last), unit: one.unit }) : t("vitals.none");
}

/* Upper and lower pressure stand in one plot. */
function Card({ patient, title, list, days }: { patient: string; title: string; list: Followed[]; days: number }) {
	const series = list.map((one) => ({ label: say(one.label), points: pointsOf(one), ...numbers(one.limits) }));
	const unit = list[0]?.unit ?? "";
	return (
		<section class="card tight">
			<h2>{title}</h2>
			{list.map((one) => (
				<div key={one.type} class="tight">
					<p class="row">
						{list.length > 1 ? <span>{say(one.label)}</span> : null}
						{one.last ? <strong class="big-number">{t("vitals.last", { value: decimal(one.last.value), unit: one.unit })}</strong> : null}
						{one.last ? <Tags value={one.last} /> : null}
						<span class="quiet small">{[one.last ? when(one.last.at) : "", one.change && Number(one.change) !== 0 ? t("vitals.change", { change: signed(one.change) }) : ""].filter(Boolean).join(" · ")}</span>
					</p>
					{one.limits ? <p class="small quiet">{t("vitals.own", { range: limitsWords(one.limits) })} {one.limits.disputed ? <span class="tag bad">{t("vitals.disputed")}</span> : null}</p> : null}
				</div>
			))}
			{series.some((one) => one.points.length > 1) ? <Plot title={t("vitals.over", { title, period: periodWords(days) })} summary={list.map(summaryOf).join(" ")} unit={unit} series={series} kind="line" format={(value) => decimal(String(value))} /> : null}
			{list.map((one) => (
				<details key={one.type}>
					<summary>{list.length > 1 ? t("vitals.valuesOf", { label: say(one.label), values: tn("vitals.values", one.values.length) }) : tn("vitals.values", one.values.length)}</summary>
					<ul class="tight">{[...one.values].reverse().map((value) => <ValueItem key={value.id + value.at} patient={patient} one={one} value={value} />)}</ul>
				</details>
			))}
		</section>
	);
}

function LimitCard({ patient }: { patient: string }) {
	const schema = useSchema();
	const records = useData<{ records: Rec[] }>(`/api/patients/${patient}/vitalLimit`).data?.records ?? [];
	/* one vital after the other, each with what it is not to go below and above */
	const limitsOf = (record: Rec): string[] => {
		const [low, high] = [record.low, record.high].map((side) => (side ?? {}) as Record<string, string>);
		const of = (name: string): Limits => ({ ...(low?.[name] !== undefined ? { low: String(low[name]) } : {}), ...(high?.[name] !== undefined ? { high: String(high[name]) } : {}) });
		return (schema?.vitals ?? []).filter((vital) => low?.[vital.name] !== undefined || high?.[vital.name] !== undefined).map((vital) => t("vitals.limitOf", { vital: say(vital.label), range: limitsWords(of(vital.name)), unit: vital.unit }));
	};
	return (
		<section class="card stack">
			<h2>{t("vitals.limits")}</h2>
			{records.length === 0 ? <p class="quiet">{t("vitals.limitsNone")}</p> : null}
			<ul class="stack">
				{records.map((record) => (
					<li key={record.id} class={`tight${record.state === "ended" ? " struck" : ""}`}>
						{limitsOf(record).map((words) => <p key={words}>{words}</p>)}
						<p class="row">
							<span class="small quiet">{t("vitals.setBy", { by: String(record.by ?? ""), day: record.setOn ? shortDay(String(record.setOn)) : "" })}</span>
							{record.state === "ended" ? <span class="tag">{say(choiceOf(schema, "vitalLimit", "state", record.state))}</span> : null}
							<a class="button plain" href={`#/patients/${patient}/edit/vitalLimit/${record.id}`}>{t("vitals.limitChange")}</a>
						</p>
					</li>
				))}
			</ul>
			<a class="button" href={`#/patients/${patient}/add/vitalLimit`}>{t("vitals.limitAdd")}</a>
		</section>
	);
}

function Shown({ patient, reply, days }: { patient: string; reply: Vitals; days: number }) {
	const pressure = reply.vitals.filter((one) => one.type === "sys" || one.type === "dia");
	/* those with a plot first, so that they stand beside one another */
	const rest = reply.vitals.filter((one) => !pressure.includes(one)).sort((a, b) => Number(b.values.length > 1) - Number(a.values.length > 1));
	return (
		<>
			{reply.attention.map((item) => <Notice key={item.fr} kind={item.urgency === "now" ? "bad" : "warn"}>{say(item)}</Notice>)}
			<NotHere count={reply.notHere} />
			{reply.vitals.length === 0 ? <p class="empty card">{t("vitals.none")}</p> : null}
			<div class="two">
				{pressure.length ? <Card patient={patient} title={t("vitals.pressure")} list={pressure} days={days} /> : null}
				{rest.map((one) => <Card key={one.type} patient={patient} title={say(one.label)} list={[one]} days={days} />)}
			</div>
		</>
	);
}

function VitalsView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const days = Number(place().query.get("days") ?? USUAL);
	const from = useData<Vitals>(`/api/patients/${id}/vitals?from=${addDays(dayOf(), -days)}`);
	return (
		<PatientFrame id={id} title={t("vitals.title")} backTo={`/patients/${id}`}>
			<a class="button primary wide-button" href={`#/patients/${id}/vitals/add`}>
				<Icon name="plus" size={20} /> {t("vitals.add")}
			</a>
			<div class="row tabs" role="group" aria-label={t("vitals.period")}>
				{PERIODS.map((period) => (
					<button key={period} type="button" class="button" aria-current={period === days ? "true" : undefined} onClick={() => go(`/patients/${id}/vitals?days=${period}`, true)}>
						{periodWords(period)}
					</button>
				))}
			</div>
			<Loaded from={from}>{(reply) => <Shown patient={id} reply={reply} days={days} />}</Loaded>
			<LimitCard patient={id} />
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/vitals", view: VitalsView, under: "/patients" };
