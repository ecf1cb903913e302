/* Rate tables: those that hold, from when; a new one, and one that is corrected or taken back. */
import { useState } from "preact/hooks";
import { ApiError, ask, type Problem } from "../api/client";
import { useBilling, type RateTable } from "../api/billing";
import { draftKey, useDraft } from "../api/drafts";
import { choiceOf, kindOf, useSchema, type FieldOf } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Rec } from "../api/types";
import { go, place, type Screen } from "../router";
import { useStatus } from "../session";
import { BillingTabs } from "../ui/billing-parts";
import { Field, titleOf } from "../ui/field";
import { DraftState, problemsOf, RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t } from "../words";
import { shortDay } from "../words/dates";
import { euros, percent } from "../words/money";

function useHolds(): boolean {
	const self = useStatus()?.device;
	return useBilling().data?.holder?.device === self;
}

function RateCard({ rate, holds }: { rate: RateTable; holds: boolean }) {
	const schema = useSchema();
	const word = (field: string): string => say(choiceOf(schema, "rateTable", field, rate[field]));
	const gone = Boolean(rate.corrected || rate.withdrawn);
	return (
		<li class={`card stack${gone ? " struck" : ""}`}>
			<div class="row apart">
				<h2>{euros(rate.centsPerHour)} {t("rates.anHour")}</h2>
				<span class="tag">{rate.territory}</span>
			</div>
			<dl class="facts">
				<dt>{t("rates.from")}</dt><dd>{shortDay(rate.validFrom)}</dd>
				<dt>{t("rates.rounded")}</dt><dd>{word("unit")}, {word("ties")}</dd>
				<dt>{t("rates.amo")}</dt><dd>{percent(rate.amoPerMille / 1000)}{typeof rate.amoAldPerMille === "number" ? ` · ${t("rates.ald", { share: percent(rate.amoAldPerMille / 1000) })}` : ""}</dd>
				{rate.tariff ? <><dt>{t("rates.for")}</dt><dd>{word("tariff")}</dd></> : null}
				{typeof rate.minMinutes === "number" ? <><dt>{t("rates.min")}</dt><dd>{t("base.min", { n: rate.minMinutes })}</dd></> : null}
				{typeof rate.leastMinutes === "number" ? <><dt>{t("rates.least")}</dt><dd>{t("base.min", { n: rate.leastMinutes })}</dd></> : null}
				{rate.doubled ? <><dt>{t("rates.doubled")}</dt><dd>{word("doubled")}{typeof rate.doubledPerMille === "number" ? ` (${percent(rate.doubledPerMille / 1000)})` : ""}</dd></> : null}
			</dl>
			{rate.corrected ? <p class="small">{t("rates.corrected")}</p> : rate.withdrawn ? <p class="small">{t("rates.withdrawn")}</p> : holds ? <div class="row"><a class="button" href={`#/billing/rates/new?corrects=${rate.id}`}>{t("rates.correct")}</a></div> : null}
		</li>
	);
}

/** Self-employed or of a health centre, from a day on: who has no status is self-employed. */
function Statuses({ holds }: { holds: boolean }) {
	const schema = useSchema();
	const people = useData<{ records: Rec[] }>("/api/records/person").data?.records ?? [];
	const statuses = (useData<{ records: Rec[] }>("/api/records/nurseStatus").data?.records ?? []).filter((one) => !one.corrected && !one.withdrawn);
	const name = (id: unknown): string => titleOf(kindOf(schema, "person"), people.find((person) => person.id.startsWith(String(id))) ?? { id: String(id), kind: "person" });
	return (
		<section class="card stack">
			<h2>{t("rates.statuses")}</h2>
			<p class="quiet">{t("rates.statusesWhat")}</p>
			{statuses.length ? <ul class="tight">{statuses.map((one) => <li key={one.id}><strong>{name(one.person)}</strong> · {say(choiceOf(schema, "nurseStatus", "tariff", one.tariff))} · {t("rates.since", { day: shortDay(String(one.from)) })}</li>)}</ul> : null}
			{holds ? <div class="row"><a class="button" href="#/billing/rates/status">{t("rates.addStatus")}</a></div> : null}
		</section>
	);
}

function StatusView() {
	const done = (): void => go("/billing/rates", true);
	return (
		<ScreenFrame title={t("rates.addStatus")} backTo="/billing/rates">
			<p class="quiet">{t("rates.statusesWhat")}</p>
			<RecordForm kind="nurseStatus" fields={["person", "from", "tariff"]} onSaved={done} onCancel={done} />
		</ScreenFrame>
	);
}

function RatesView() {
	const from = useData<{ records: RateTable[] }>("/api/rates");
	const holds = useHolds();
	return (
		<ScreenFrame title={t("rates.title")} backTo="/billing" beside={holds ? <a class="button" href="#/billing/rates/new"><Icon name="plus" size={20} /> {t("base.add")}</a> : undefined}>
			<BillingTabs current="rates" />
			{holds ? null : <Notice kind="calm">{t("rates.notYours")}</Notice>}
			<Loaded from={from}>
				{({ records }) => {
					const sorted = [...records].sort((a, b) => Number(Boolean(a.corrected)) - Number(Boolean(b.corrected)) || b.validFrom.localeCompare(a.validFrom));
					return records.length === 0 ? <div class="empty card"><Icon name="bill" size={40} /><p>{t("rates.none")}</p></div> : <ul class="stack">{sorted.map((rate) => <RateCard key={rate.id} rate={rate} holds={holds} />)}</ul>;
				}}
			</Loaded>
			<Statuses holds={holds} />
		</ScreenFrame>
	);
}

const FIELDS = ["territory", "validFrom", "centsPerHour", "unit", "ties", "amoPerMille", "amoAldPerMille", "tariff", "minMinutes", "leastMinutes", "doubled", "doubledPerMille"] as const;
/* Kept per mille, typed in per cent. */
const SHARES = new Set<string>(["amoPerMille", "amoAldPerMille", "doubledPerMille"]);

/** "62,5" → 625; what is no share stays as it was typed. */
function perMille(typed: string): unknown {
	const parts = /^\s*(\d{1,3})(?:[.,](\d))?\s*%?\s*$/.exec(typed);
	return parts ? Number(parts[1]) * 10 + Number(parts[2] ?? 0) : typed.trim() || null;
}

function shareText(value: unknown): string {
	return typeof value === "number" ? (value / 10).toString() : typeof value === "string" ? value : "";
}

/** The node speaks of cents and of a thousandth: here it is said as it is typed. */
function inWords(problems: Problem[], text: string): Problem[] {
	return problems.slice(0, 1).map((problem) => ({ ...problem, fr: text, en: text }));
}

/** With labels that say euros and per cent, as they are typed. */
function labelled(field: FieldOf): FieldOf {
	if (field.name === "centsPerHour") return { ...field, label: { fr: t("rates.hourly"), en: t("rates.hourly") } };
	return field;
}

function NewRateView() {
	const corrects = place().query.get("corrects") ?? "";
	const former = useData<{ records: RateTable[] }>("/api/rates").data?.records.find((rate) => rate.id === corrects);
	const schema = useSchema();
	if (!schema || (corrects && !former)) return <Progress text={t("base.reading")} />;
	return <RateForm key={corrects} corrects={corrects} former={former} />;
}

function RateForm({ corrects, former }: { corrects: string; former: RateTable | undefined }) {
	const schema = useSchema();
	const kind = kindOf(schema, "rateTable");
	const preset = former ? Object.fromEntries(FIELDS.filter((name) => former[name] !== undefined).map((name) => [name, former[name]])) : { unit: "visit", ties: "half-up" };
	const draft = useDraft(draftKey("rateTable", undefined, corrects || undefined), { kind: "rateTable" }, preset);
	const [reason, setReason] = useState("");
	const [error, setError] = useState<ApiError>();
	const [lacks, setLacks] = useState(false);
	const [busy, setBusy] = useState(false);
	if (!schema || !kind || !draft?.loaded) return <Progress text={t("base.reading")} />;
	const problems = problemsOf(error, "", [...FIELDS]);
	async function save(withdrawn: boolean): Promise<void> {
		if (busy || !draft) return;
		setLacks(corrects !== "" && reason.trim() === "");
		if (corrects && reason.trim() === "") return document.getElementById("rate-reason")?.focus();
		setBusy(true);
		setError(undefined);
		try {
			await draft.flush();
			await ask("POST", "/api/rates", { ...draft.values, ...(corrects ? { corrects, reason: reason.trim() } : {}), ...(withdrawn ? { withdrawn: true } : {}) });
			if (draft.draft) await ask("DELETE", `/api/drafts/${draft.key}`).catch(() => undefined);
			touchAll();
			go("/billing/rates", true);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
		}
		setBusy(false);
	}
	return (
		<ScreenFrame title={corrects ? t("rates.correctTitle") : t("rates.new")} backTo="/billing/rates">
			<p class="quiet">{corrects ? t("rates.correctWhat") : t("rates.newWhat")}</p>
			<form class="stack" noValidate aria-busy={busy} onSubmit={(event) => { event.preventDefault(); void save(false); }}>
				{FIELDS.map((name) => {
					const field = kind.fields.find((one) => one.name === name);
					if (!field || (name === "doubledPerMille" && draft.values.doubled !== "share")) return null;
					const value = draft.values[name];
					if (SHARES.has(name)) return <TextInput key={name} id={`rateTable-${name}`} label={t(`rates.share.${name}`)} unit="%" mode="decimal" required={field.required} value={shareText(value)} problems={inWords(problems.of(name), t("rates.shareWrong"))} onInput={(typed) => draft.set({ [name]: perMille(typed) })} />;
					return <Field key={name} schema={schema} kind={kind} field={labelled(field)} where={undefined} value={value} values={draft.values} problems={name === "centsPerHour" ? inWords(problems.of(name), t("rates.amountWrong")) : problems.of(name)} onValue={(next) => draft.set({ [name]: next })} />;
				})}
				{corrects ? <TextInput id="rate-reason" label={t("rates.reason")} required value={reason} onInput={setReason} problems={lacks && !reason.trim() ? [{ fr: t("correct.sayWhy"), en: t("correct.sayWhy") }] : []} /> : null}
				{problems.rest.map((problem) => <Notice key={problem.fr} kind="bad" live>{say(problem)}</Notice>)}
				{error && error.problems.length === 0 ? <ErrorNotice error={error} /> : null}
				<div class="foot">
					<DraftState draft={draft} />
					<div class="row">
						<button class="primary" disabled={busy}>{busy ? t("base.saving") : t("base.save")}</button>
						{corrects ? <button type="button" class="danger" disabled={busy} onClick={() => void save(true)}>{t("rates.withdraw")}</button> : null}
						<a class="button plain" href="#/billing/rates">{t("base.cancel")}</a>
					</div>
				</div>
			</form>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/billing/rates", view: RatesView, under: "/more" };
export const screenNew: Screen = { path: "/billing/rates/new", view: NewRateView, under: "/more" };
export const screenStatus: Screen = { path: "/billing/rates/status", view: StatusView, under: "/more" };
