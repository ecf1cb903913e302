/* Plots of every sort, for tests/web/plot.mjs: drawn into a page of the application, with its style. */
import { render } from "preact";
import { Plot, type PlotProps } from "../src/ui/plot";

const at = (hours: number): string => new Date(Date.UTC(2026, 10, 27, 8) - hours * 3600000).toISOString();
const DAYS = ["2026-11-23", "2026-11-24", "2026-11-25", "2026-11-26", "2026-11-27", "2026-11-28", "2026-11-29"];
const MONTHS = Array.from({ length: 14 }, (_, i) => new Date(Date.UTC(2025, 9 + i, 15)).toISOString().slice(0, 7));

const PLOTS: Record<string, PlotProps> = {
	limits: {
		title: "Tension", summary: "Une mesure est au-dessus.", unit: "mmHg", kind: "line",
		series: [
			{ label: "Systolique", low: 100, high: 140, points: [0, 24, 48, 96, 120].map((hours, i) => ({ at: at(hours), value: [128, 147, 131, 120, 118][i] ?? 0 })) },
			{ label: "Diastolique", high: 90, points: [0, 24, 48, 96, 120].map((hours, i) => ({ at: at(hours), value: 75 + i })) },
		],
	},
	step: { title: "Température", summary: "Normale.", unit: "°C", kind: "step", series: [{ label: "Température", low: 36, high: 38, points: [0, 6, 12, 18].map((hours, i) => ({ at: at(hours), value: 36.8 + i / 10 })) }] },
	week: { title: "Charge", summary: "La semaine.", unit: "min", kind: "bars", series: ["Anna", "Béa", "Chloé"].map((label, k) => ({ label, points: DAYS.map((day, i) => ({ at: day, value: 60 + 40 * k + 10 * i })) })) },
	months: { title: "Visites", summary: "Par mois.", kind: "bars", series: [{ label: "Visites", points: MONTHS.map((month, i) => ({ at: month, value: 400 + ((i * 97) % 200) })) }] },
	single: { title: "Une seule", summary: "Une valeur.", kind: "line", min: 1, max: 5, series: [{ label: "Statut", points: [{ at: at(0), value: 3 }] }] },
	empty: { title: "Rien", summary: "Rien.", kind: "line", series: [{ label: "Statut", points: [] }] },
};

(globalThis as unknown as { drawPlots: (into: Element) => void }).drawPlots = (into) =>
	render(<div class="stack">{Object.entries(PLOTS).map(([name, props]) => <section key={name} class="card" id={`plot-${name}`}><Plot {...props} /></section>)}</div>, into);
