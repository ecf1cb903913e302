/* One indicator: what it counts, its course, each month, and how it is spread over age, illness, problems and territories. */
import { apiOf, isYearly, rowText, useRows, type Definition, type Row } from "../api/indicators";
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { place, type Screen } from "../router";
import { thisMonth } from "../ui/billing-parts";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t } from "../words";
import { monthOf } from "../words/dates";
import { addMonths, capital, number } from "../words/money";
import { Course, Hidden, Source } from "./indicators";

const MONTHS = 12;
const PROBLEMS = 12;

function periodName(row: Row): string {
	return row.period === "year" ? row.month.slice(0, 4) : capital(monthOf(row.month));
}

function ValueCell({ definition, row }: { definition: Definition; row: Row }) {
	const text = rowText(definition, row);
	return (
		<>
			{text ? <strong class="amount">{text}</strong> : <Hidden />}
			{text && row.denominator ? <span class="quiet small">{definition.form === "share" ? t("indicators.over", { n: number(row.numerator ?? 0), of: number(row.denominator) }) : definition.form === "mean" ? t("indicators.overMany", { of: number(row.denominator) }) : ""}</span> : null}
		</>
	);
}

function Periods({ definition, rows }: { definition: Definition; rows: Row[] }) {
	const whole = rows.filter((row) => row.stratum === "all").sort((a, b) => b.month.localeCompare(a.month));
	if (whole.length === 0) return null;
	return (
		<section class="tight">
			<h2>{whole[0]?.period === "year" ? t("indicators.byYear") : t("indicators.byMonth")}</h2>
			<ul class="rows">{whole.map((row) => <li key={row.month} class="line"><span class="line-text">{periodName(row)}</span><span class="tight end"><ValueCell definition={definition} row={row} /></span></li>)}</ul>
		</section>
	);
}

function useStratum(): (stratum: string) => string {
	const omaha = useData<{ problems: { code: string; label: Words }[] }>("/api/omaha", []).data;
	return (stratum) => {
		const [kind = "", name = ""] = stratum.split(/:(.*)/s);
		if (kind === "age") return t(`indicators.age.${name}`);
		if (kind === "ald") return name === "yes" ? t("indicators.ald.yes") : t("indicators.ald.no");
		if (kind === "problem") return say(omaha?.problems.find((problem) => problem.code === name)?.label) || name;
		return name;
	};
}

function Mix({ definition, rows, kind }: { definition: Definition; rows: Row[]; kind: string }) {
	const nameOf = useStratum();
	const mine = rows.filter((row) => row.stratum.startsWith(`${kind}:`));
	if (mine.length === 0) return null;
	const shown = kind === "problem" ? [...mine].sort((a, b) => (b.numerator ?? 0) - (a.numerator ?? 0)).slice(0, PROBLEMS) : mine;
	return (
		<section class="tight">
			<h2>{t(`indicators.mix.${kind}`)}</h2>
			<p class="quiet small">{t("indicators.mixOf", { period: shown[0] ? periodName(shown[0]) : "" })}</p>
			{shown.every((row) => row.numerator === null) ? (
				<p class="card">{t("indicators.hiddenWhy")}</p>
			) : (
				<ul class="rows">{shown.map((row) => <li key={row.stratum} class="line"><span class="line-text">{nameOf(row.stratum)}</span><span class="tight end"><ValueCell definition={definition} row={row} /></span></li>)}</ul>
			)}
		</section>
	);
}

function IndicatorView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const query = place().query;
	const team = query.get("team") ?? "";
	const month = query.get("month") ?? addMonths(thisMonth(), -1);
	const definition = useData<Definition>(`${apiOf(team)}/indicators/definitions/${id}`, []);
	const months = useRows(team, `exact=auto&indicator=${id}&from=${addMonths(month, -MONTHS)}&to=${month}`);
	const years = useRows(team, `indicator=${id}&period=year&from=${Number(month.slice(0, 4)) - 4}&to=${month.slice(0, 4)}`);
	return (
		<Loaded from={definition}>
			{(one) => (
				<ScreenFrame title={say(one.name)} backTo="/indicators">
					<section class="card tight">
						<p>{say(one.definition)}</p>
						{one.denominator ? <p class="quiet small">{t("indicators.division", { n: say(one.numerator), of: say(one.denominator) })}</p> : null}
						<p class="quiet small">{t("indicators.version", { n: one.version })}</p>
						{one.class === "people" ? <p class="quiet small">{t("indicators.few")}</p> : null}
					</section>
					<Loaded from={months}>
						{(data) => {
							const yearly = !data.exact && isYearly(one) && years.data;
							const rows = yearly ? (years.data?.rows ?? []) : data.rows;
							const last = rows.reduce((latest, row) => (row.month > latest && (yearly || row.month <= month) ? row.month : latest), "");
							const now = rows.filter((row) => row.month === (rows.some((row) => row.month === month) ? month : last));
							return (
								<>
									<Course definition={one} rows={rows} />
									<Source exact={data.exact} row={now[0]} />
									<Periods definition={one} rows={rows} />
									{["age", "ald", "problem", "territory"].map((kind) => <Mix key={kind} definition={one} rows={now} kind={kind} />)}
								</>
							);
						}}
					</Loaded>
				</ScreenFrame>
			)}
		</Loaded>
	);
}

export const screen: Screen = { path: "/indicators/:id", view: IndicatorView, under: "/indicators" };
