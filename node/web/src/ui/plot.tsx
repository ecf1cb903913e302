/* Numbers over time, for those who would rather look than read: drawn, said in one sentence, and as a table one tap away. The drawing itself says
 * nothing to a screen reader, and needs not to. */
import "uplot/dist/uPlot.min.css";
import { useEffect, useMemo, useReducer, useRef, useState } from "preact/hooks";
import { language, t } from "../words";
import { monthOf, shortDay, when } from "../words/dates";
import { COLOURS, drawPlot, isOutside, rowsOf, type PlotKind, type PlotRow, type PlotSeries } from "./plot-draw";

export type { PlotPoint, PlotSeries } from "./plot-draw";

export interface PlotProps {
	title: string;
	/** One sentence that says what the eye sees: "de 2 à 4 en six mois". */
	summary: string;
	unit?: string | undefined;
	/** Up to eight have colours of their own. Bars of several stand one on the other. */
	series: PlotSeries[];
	kind: PlotKind;
	/** What the axis shows at least; without: what there is. Bars begin at 0. */
	min?: number | undefined;
	max?: number | undefined;
	format?: ((value: number) => string) | undefined;
}

function momentText(at: string): string {
	return at.length === 7 ? monthOf(at) : at.length === 10 ? shortDay(at) : when(at);
}

/** Draws again when the colours change. */
function useScheme(): number {
	const [count, draw] = useReducer((n: number) => n + 1, 0);
	useEffect(() => {
		const dark = matchMedia("(prefers-color-scheme: dark)");
		const changed = (): void => draw(0);
		dark.addEventListener("change", changed);
		return () => dark.removeEventListener("change", changed);
	}, []);
	return count;
}

function Table({ title, unit, series, rows, format }: { title: string; unit: string | undefined; series: PlotSeries[]; rows: PlotRow[]; format: (value: number) => string }) {
	return (
		<div class="plot-table" role="region" aria-label={title} tabIndex={0}>
			<table>
				<thead>
					<tr>
						<th scope="col">{t("plot.when")}</th>
						{series.map((one) => <th key={one.label} scope="col">{one.label}{unit ? <span class="quiet"> ({unit})</span> : null}</th>)}
					</tr>
				</thead>
				<tbody>
					{[...rows].reverse().map((row) => (
						<tr key={row.seconds}>
							<th scope="row">{momentText(row.at)}</th>
							{row.values.map((value, place) => {
								const one = series[place];
								const isOut = value !== null && one !== undefined && isOutside(one, value);
								return <td key={place}>{value === null ? t("base.nothing") : format(value)}{isOut ? <span class="plot-out"> {t("plot.outside")}</span> : null}</td>;
							})}
						</tr>
					))}
				</tbody>
			</table>
		</div>
	);
}

/** What stands under the finger, else what is the latest; there is always a line, so that nothing jumps. */
function Reading({ row, series, unit, format }: { row: PlotRow | undefined; series: PlotSeries[]; unit: string | undefined; format: (value: number) => string }) {
	const values = row ? series.flatMap((one, place) => (row.values[place] == null ? [] : [`${series.length > 1 ? `${one.label} ` : ""}${format(row.values[place] ?? 0)}${unit ? ` ${unit}` : ""}`])) : [];
	return <p class="plot-reading small" aria-hidden="true">{row ? <><span class="quiet">{momentText(row.at)}</span> {values.join(" · ")}</> : " "}</p>;
}

export function Plot({ title, summary, unit, series, kind, min, max, format }: PlotProps) {
	const area = useRef<HTMLDivElement>(null);
	const scheme = useScheme();
	const [row, setRow] = useState<number>();
	const [isOpen, setOpen] = useState(false);
	const shown = JSON.stringify([series, kind, min, max, unit]);
	const rows = useMemo(() => rowsOf(series), [shown]);
	const said = format ?? ((value: number) => value.toLocaleString(language(), { maximumFractionDigits: 2 }));
	useEffect(() => {
		setRow(undefined);
		if (!area.current || rows.length === 0) return;
		return drawPlot(area.current, { kind, series, rows, min, max, format: said, onRow: setRow });
	}, [shown, scheme, language()]);
	return (
		<figure class="plot">
			<figcaption>
				<strong>{title}</strong>
				<span class="quiet small">{rows.length ? summary : t("plot.nothing")}</span>
			</figcaption>
			{rows.length ? (
				<>
					{series.length > 1 ? (
						<ul class="plot-keys small">
							{series.map((one, place) => (
								<li key={one.label}><span class={`plot-key plot-key-${(place % COLOURS) + 1}${kind === "bars" ? " filled" : ""}`} aria-hidden="true" /> {one.label}</li>
							))}
						</ul>
					) : null}
					<div class="plot-area" ref={area} aria-hidden="true" />
					<Reading row={row !== undefined ? rows[row] : kind === "bars" ? undefined : rows[rows.length - 1]} series={series} unit={unit} format={said} />
					<details onToggle={(event) => setOpen(event.currentTarget.open)}>
						<summary>{t("plot.table")}</summary>
						{isOpen ? <Table title={title} unit={unit} series={series} rows={rows} format={said} /> : null}
					</details>
				</>
			) : null}
		</figure>
	);
}
