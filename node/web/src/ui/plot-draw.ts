/* From what a plot shows to what uPlot draws on its canvas. Colours are custom properties, read when it is drawn. */
import uPlot from "uplot";
import { axisLabel } from "../words/dates";

export interface PlotPoint {
	/** A moment, a day "2026-11-27" or a month "2026-11". */
	at: string;
	value: number;
}

export interface PlotSeries {
	label: string;
	points: PlotPoint[];
	/** What it should stay between: values outside are marked. */
	low?: number | undefined;
	high?: number | undefined;
}

export type PlotKind = "line" | "step" | "bars";

export interface Drawing {
	kind: PlotKind;
	series: PlotSeries[];
	rows: PlotRow[];
	min: number | undefined;
	max: number | undefined;
	format: (value: number) => string;
	/** The row under the finger or the mouse; undefined: none. */
	onRow: (row: number | undefined) => void;
}

/** One moment, with the value that each series has there. */
export interface PlotRow {
	at: string;
	seconds: number;
	values: (number | null)[];
}

export const COLOURS = 8;
const DAY_S = 86400;
const DASHES: (number[] | undefined)[] = [undefined, [9, 5], [2, 4]];

export function isOutside(series: PlotSeries, value: number): boolean {
	return (series.low !== undefined && value < series.low) || (series.high !== undefined && value > series.high);
}

/** A day stands in its middle, a month in its. */
function secondsOf(at: string): number {
	const whole = at.length === 7 ? `${at}-15T12:00:00Z` : at.length === 10 ? `${at}T12:00:00Z` : at;
	return new Date(whole).getTime() / 1000;
}

/** Each moment once, the earliest first. */
export function rowsOf(series: PlotSeries[]): PlotRow[] {
	const rows = new Map<number, PlotRow>();
	series.forEach((one, place) => {
		for (const { at, value } of one.points) {
			const seconds = secondsOf(at);
			if (Number.isNaN(seconds)) continue;
			const row = rows.get(seconds) ?? { at, seconds, values: series.map(() => null) };
			row.values[place] = value;
			rows.set(seconds, row);
		}
	});
	return [...rows.values()].sort((a, b) => a.seconds - b.seconds);
}

/** How far two rows stand apart at least. */
function apartOf(rows: PlotRow[]): number {
	let apart = Infinity;
	for (let i = 1; i < rows.length; i++) apart = Math.min(apart, (rows[i]?.seconds ?? 0) - (rows[i - 1]?.seconds ?? 0));
	return apart === Infinity ? DAY_S : apart;
}

/* ---- Scales ---- */

function xRange({ kind, rows }: Drawing): [number, number] {
	if (kind === "bars") return [-0.6, rows.length - 0.4];
	const [first, last] = [rows[0]?.seconds ?? 0, rows[rows.length - 1]?.seconds ?? 0];
	const pad = first === last ? 3 * DAY_S : (last - first) * 0.04;
	return [first - pad, last + pad];
}

function yRange({ kind, series, rows, min, max }: Drawing): [number, number] {
	const totals = rows.map((row) => (kind === "bars" ? row.values.reduce<number>((sum, value) => sum + (value ?? 0), 0) : null));
	const limits = series.flatMap((one) => [one.low, one.high]);
	const all = [...rows.flatMap((row) => row.values), ...totals, ...limits, min, max].filter((value): value is number => typeof value === "number");
	const [low, high] = [Math.min(...all), Math.max(...all)];
	if (kind === "bars") return [Math.min(0, low), high > 0 ? uPlot.rangeNum(0, high, 0.1, true)[1] ?? high : 1];
	if (min === undefined || max === undefined) return uPlot.rangeNum(low, high, 0.1, true) as [number, number];
	const pad = (high - low) * 0.08; /* a mark at the edge is seen whole */
	return [low - pad, high + pad];
}

/** Bars stand one on the other: the whole is drawn first, what lies lower over it. */
function stacked(rows: PlotRow[], count: number): (number | null)[][] {
	const sums: number[][] = [];
	for (let place = 0; place < count; place++) sums.push(rows.map((row, i) => (sums[place - 1]?.[i] ?? 0) + (row.values[place] ?? 0)));
	return sums.reverse();
}

function dataOf({ kind, series, rows }: Drawing): uPlot.AlignedData {
	if (kind === "bars") return [rows.map((_, i) => i), ...stacked(rows, series.length)] as uPlot.AlignedData;
	return [rows.map((row) => row.seconds), ...series.map((_, place) => rows.map((row) => row.values[place] ?? null))] as uPlot.AlignedData;
}

/* ---- Looks ---- */

interface Look {
	of: (name: string) => string;
	font: string;
	em: number;
}

function lookOf(host: HTMLElement): Look {
	const style = getComputedStyle(host);
	const em = parseFloat(style.fontSize) * 0.8125;
	return { of: (name) => style.getPropertyValue(name).trim(), font: `${em}px ${style.fontFamily}`, em };
}

function seriesOf(drawing: Drawing, look: Look): uPlot.Series[] {
	const list = drawing.series.map((one, place): uPlot.Series => {
		const colour = look.of(`--plot-${(place % COLOURS) + 1}`);
		if (drawing.kind === "bars") return { label: one.label, stroke: colour, fill: colour, width: 0, points: { show: false }, paths: uPlot.paths.bars!({ size: [0.7, 56] }) };
		const dash = DASHES[place % DASHES.length];
		return {
			label: one.label, stroke: colour, width: 2, spanGaps: true,
			...(dash ? { dash } : {}),
			/* smaller from series to series: where two have one value both are seen */
			points: { show: drawing.rows.length <= 60, size: Math.max(6, 15 - 3 * place), fill: colour, stroke: look.of("--card"), width: 1 },
			paths: drawing.kind === "step" ? uPlot.paths.stepped!({ align: 1 }) : uPlot.paths.linear!(),
		};
	});
	return [{}, ...(drawing.kind === "bars" ? list.reverse() : list)];
}

function axesOf(drawing: Drawing, look: Look): uPlot.Axis[] {
	const shared = { font: look.font, stroke: look.of("--quiet"), ticks: { show: false } };
	const grid = { stroke: look.of("--line"), width: 1 };
	const { rows, format } = drawing;
	const apart = apartOf(rows);
	const x: uPlot.Axis =
		drawing.kind === "bars"
			? {
					...shared, grid: { show: false }, size: 3.2 * look.em,
					splits: (plot) => {
						const every = Math.max(1, Math.ceil((rows.length * 3.6 * look.em) / (plot.bbox.width / devicePixelRatio)));
						return rows.map((_, i) => i).filter((i) => i % every === 0);
					},
					values: (_, splits) => splits.map((i) => axisLabel(rows[i]?.seconds ?? 0, apart, true)),
				}
			: { ...shared, grid, size: 2 * look.em, space: 6.5 * look.em, values: (_, splits, _axis, _space, incr) => splits.map((seconds) => axisLabel(seconds, incr)) };
	const y: uPlot.Axis = {
		...shared, grid, space: 2.2 * look.em,
		values: (_, splits) => splits.map(format),
		size: (_, values) => Math.max(...(values ?? [""]).map((text) => String(text).length)) * 0.62 * look.em + look.em,
	};
	return [x, y];
}

/* ---- What it should stay between ---- */

function drawLimits(plot: uPlot, { series }: Drawing, look: Look): void {
	const { ctx, bbox } = plot;
	const line = (value: number | undefined): number => (value === undefined ? NaN : plot.valToPos(value, "y", true));
	ctx.save();
	series.forEach((one, place) => {
		const [low, high] = [line(one.low), line(one.high)];
		if (series.length === 1) {
			ctx.fillStyle = look.of("--good-soft");
			const top = Number.isNaN(high) ? bbox.top : high;
			if (one.low !== undefined || one.high !== undefined) ctx.fillRect(bbox.left, top, bbox.width, (Number.isNaN(low) ? bbox.top + bbox.height : low) - top);
		}
		ctx.strokeStyle = look.of(`--plot-${(place % COLOURS) + 1}`);
		ctx.lineWidth = devicePixelRatio;
		ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio]);
		for (const y of [low, high]) {
			if (Number.isNaN(y)) continue;
			ctx.beginPath();
			ctx.moveTo(bbox.left, y);
			ctx.lineTo(bbox.left + bbox.width, y);
			ctx.stroke();
		}
	});
	ctx.restore();
}

function markOutside(plot: uPlot, { series, rows, kind }: Drawing, look: Look): void {
	if (kind === "bars") return;
	const { ctx } = plot;
	ctx.save();
	ctx.strokeStyle = look.of("--bad");
	ctx.lineWidth = 2.5 * devicePixelRatio;
	series.forEach((one, place) => {
		for (const row of rows) {
			const value = row.values[place];
			if (value === null || value === undefined || !isOutside(one, value)) continue;
			ctx.beginPath();
			ctx.arc(plot.valToPos(row.seconds, "x", true), plot.valToPos(value, "y", true), 7 * devicePixelRatio, 0, 2 * Math.PI);
			ctx.stroke();
		}
	});
	ctx.restore();
}

/** Draws into `host`, as large as that is, and again when its size changes; the returned function takes it away. */
export function drawPlot(host: HTMLElement, drawing: Drawing): () => void {
	const look = lookOf(host);
	const size = (): { width: number; height: number } => ({ width: host.clientWidth || 320, height: host.clientHeight || 200 });
	const { kind } = drawing;
	const [across, range] = [xRange(drawing), yRange(drawing)];
	const plot = new uPlot(
		{
			...size(),
			tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1000), "Europe/Paris"),
			legend: { show: false },
			padding: [look.em, look.em, 0, 0],
			cursor: { drag: { x: false, y: false, setScale: false }, y: false, points: { show: kind !== "bars" } },
			scales: {
				x: {
					time: kind !== "bars",
					range: () => across,
				},
				y: { range: () => range },
			},
			series: seriesOf(drawing, look),
			axes: axesOf(drawing, look),
			hooks: {
				drawClear: [(self) => drawLimits(self, drawing, look)],
				draw: [(self) => markOutside(self, drawing, look)],
				setCursor: [(self) => drawing.onRow(self.cursor.idx ?? undefined)],
			},
		},
		dataOf(drawing),
		host,
	);
	const watcher = new ResizeObserver(() => plot.setSize(size()));
	watcher.observe(host);
	return () => {
		watcher.disconnect();
		plot.destroy();
	};
}
