/* What the team's work comes to, in numbers: a group of indicators at a time, each with where to read what it counts. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { apiOf, isYearly, plotted, plotUnit, rowText, useDefinitions, useRows, type Definition, type Row, type Rows } from "../api/indicators";
import { go, place, type Screen } from "../router";
import { useStatus } from "../session";
import { MonthBar, thisMonth } from "../ui/billing-parts";
import { Icon } from "../ui/icons";
import { Select } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Plot } from "../ui/plot";
import { saveFile } from "../ui/save-file";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Age } from "../ui/trust";
import { language, say, t } from "../words";
import { monthOf } from "../words/dates";
import { addMonths } from "../words/money";

const MONTHS = 12;
const YEARS = 4;

/** The rows of one indicator, whole team, in the order of time. */
function ofWhole(rows: Row[], id: string): Row[] {
	return rows.filter((row) => row.indicator === id && row.stratum === "all").sort((a, b) => a.month.localeCompare(b.month));
}

/** Of what a share is, over how many a mean is. */
function ofWhat(definition: Definition, row: Row): string {
	const of = (row.denominator ?? 0).toLocaleString(language());
	if (definition.form === "mean") return t("indicators.mean", { of, what: say(definition.denominator) });
	if (definition.unit === "c" || definition.form === "ratio") return "";
	return t("indicators.of", { n: (row.numerator ?? 0).toLocaleString(language()), of, what: say(definition.denominator) });
}

export function Hidden() {
	return <span class="tag">{t("indicators.hidden")}</span>;
}

function Line({ definition, rows, month, exact, team }: { definition: Definition; rows: Row[]; month: string; exact: boolean; team: string }) {
	const mine = ofWhole(rows, definition.id);
	const row = mine.filter((one) => (one.period === "year" ? one.month.slice(0, 4) <= month.slice(0, 4) : one.month === month)).at(-1);
	const text = rowText(definition, row);
	return (
		<li>
			<a class="line" href={`#/indicators/${definition.id}?month=${month}${team ? `&team=${team}` : ""}`}>
				<span class="line-text">
					<strong>{say(definition.name)}</strong>
					{row?.numerator !== null && row?.denominator ? <span class="quiet small">{ofWhat(definition, row)}</span> : null}
					{row && !text ? <Hidden /> : null}
					{row?.period === "year" ? <span class="quiet small">{t("indicators.year", { year: row.month.slice(0, 4) })}</span> : null}
					{exact && row?.suppressed ? <span class="quiet small">{t("indicators.notForOthers")}</span> : null}
				</span>
				{text ? <strong class="amount">{text}</strong> : row ? null : <span class="quiet">{t("indicators.notKnown")}</span>}
				<Icon name="next" size={20} />
			</a>
		</li>
	);
}

function nameOf(row: Row): string {
	return row.period === "year" ? row.month.slice(0, 4) : monthOf(row.month);
}

/** The indicators of a time as a plot, oldest first. */
export function Course({ definition, rows }: { definition: Definition; rows: Row[] }) {
	const known = ofWhole(rows, definition.id).filter((row) => row.value !== null);
	const points = known.flatMap((row) => {
		const value = plotted(definition, row);
		return value === null ? [] : [{ at: row.month, value }];
	});
	if (points.length < 2) return null;
	const unit = plotUnit(definition);
	const [first, last] = [known[0], known.at(-1)];
	return (
		<Plot
			title={say(definition.name)}
			summary={t("indicators.course", { first: rowText(definition, first) ?? "", from: first ? nameOf(first) : "", last: rowText(definition, last) ?? "", to: last ? nameOf(last) : "" })}
			unit={unit}
			series={[{ label: say(definition.name), points }]}
			kind={definition.form === "count" ? "bars" : "line"}
			min={0}
		/>
	);
}

function Export({ team, exact, from, to }: { team: string; exact: boolean; from: string; to: string }) {
	const [error, setError] = useState<ApiError>();
	async function save(format: "csv" | "ndjson", whole: boolean): Promise<void> {
		setError(undefined);
		try {
			const reply = await ask<{ file: string }>("GET", `${apiOf(team)}/indicators?from=${from}&to=${to}&format=${format}${whole ? "&exact=1" : ""}`);
			saveFile(`${whole ? t("indicators.file.exact") : t("indicators.file.written")}-${from}-${to}.${format}`, reply.file);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<details class="card">
			<summary>{t("indicators.export")}</summary>
			<div class="stack">
				<p>{t("indicators.exportWhat")}</p>
				<div class="row">
					<button type="button" onClick={() => void save("csv", false)}>CSV</button>
					<button type="button" onClick={() => void save("ndjson", false)}>NDJSON</button>
				</div>
				{exact ? (
					<>
						<p>{t("indicators.exportExact")}</p>
						<div class="row">
							<button type="button" onClick={() => void save("csv", true)}>{t("indicators.exactCsv")}</button>
							<button type="button" onClick={() => void save("ndjson", true)}>{t("indicators.exactNdjson")}</button>
						</div>
					</>
				) : null}
				{error ? <ErrorNotice error={error} /> : null}
			</div>
		</details>
	);
}

/** Where these numbers come from, in words. */
export function Source({ exact, row }: { exact: boolean; row?: Row | undefined }) {
	const age = useStatus()?.age;
	if (exact) return <><p class="quiet small">{t("indicators.now")}</p><Age age={age} /></>;
	return <p class="quiet small">{t("indicators.written")}{row?.source ? ` ${t("indicators.mark", { mark: row.source.slice(0, 8) })}` : ""}</p>;
}

function Group({ definitions, rows, month, team }: { definitions: Definition[]; rows: Rows; month: string; team: string }) {
	const first = definitions.find((definition) => ofWhole(rows.rows, definition.id).filter((row) => row.value !== null).length > 1);
	return (
		<>
			{rows.broken.map((one) => <Notice key={one.month} kind="bad">{monthOf(one.month)} : {say(one)}</Notice>)}
			{!rows.exact && rows.missing.includes(month) ? <Notice kind="calm">{t("indicators.notWritten", { month: monthOf(month) })}</Notice> : null}
			{first ? <Course definition={first} rows={rows.rows} /> : null}
			<ul class="rows">{definitions.map((definition) => <Line key={definition.id} definition={definition} rows={rows.rows} month={month} exact={rows.exact} team={team} />)}</ul>
			<Source exact={rows.exact} row={rows.rows.find((row) => row.month === month && row.source)} />
		</>
	);
}

function IndicatorsView() {
	const query = place().query;
	const team = query.get("team") ?? "";
	const month = query.get("month") ?? addMonths(thisMonth(), -1);
	const definitions = useDefinitions(team);
	const groups = [...new Set(definitions.map((definition) => definition.group))];
	const group = query.get("group") ?? "activity";
	const mine = definitions.filter((definition) => definition.group === group && !definition.mixes.includes("problem"));
	const from = addMonths(month, -MONTHS);
	const months = useRows(team, `exact=auto&stratum=all&from=${from}&to=${month}`);
	/* what is written for others by year alone */
	const exact = months.data?.exact ?? true;
	const yearly = !exact && mine.some(isYearly);
	const years = useRows(team, `stratum=all&period=year&from=${Number(month.slice(0, 4)) - YEARS}&to=${month.slice(0, 4)}`);
	const role = useStatus()?.role;
	const to = (next: Record<string, string>): void => go(`/indicators?${new URLSearchParams({ month, group, ...(team ? { team } : {}), ...next }).toString()}`, true);
	return (
		<ScreenFrame title={t("indicators.title")} backTo={role === "facilitator" ? "/facilitator" : "/more"} under={team || undefined}>
			<MonthBar month={month} onMonth={(next) => to({ month: next })} />
			<Select id="indicator-group" label={t("indicators.group")} options={groups.map((one) => ({ value: one, text: t(`indicators.group.${one}`) }))} value={group} onChoose={(next) => to({ group: next || "activity" })} />
			<Loaded from={months}>
				{(rows) => <Group definitions={mine} rows={yearly && years.data ? { ...rows, rows: [...rows.rows, ...years.data.rows] } : rows} month={month} team={team} />}
			</Loaded>
			{role === "nurse" || role === "billing" ? <a class="button wide-button" href="#/indicators/write">{t("indicators.toWrite")}</a> : null}
			{months.data ? <Export team={team} exact={exact} from={from} to={month} /> : null}
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/indicators", view: IndicatorsView, under: "/indicators", nav: { order: 2, label: "indicators.nav", icon: "chart", roles: ["facilitator"] }, more: { order: 60, label: "indicators.title", icon: "chart", roles: ["nurse", "billing", "reader"] } };
