/* Replies about billing (node/billing/README.md). */
import { useData } from "./store";
import type { Words } from "./types";

export interface Names {
	patients: Record<string, string>;
	/** By the first 12 digits. */
	nurses: Record<string, string>;
}

interface Named {
	firstName?: string;
	lastName?: string;
}

export interface HolderOf {
	device: string;
	person?: string;
	name?: Named;
}

export interface LotRow {
	lot: string;
	month: string;
	holder: string;
	lines: number;
	credits: number;
	visits: number;
	cents: number;
	written: string;
	counts: boolean;
	why: Words;
}

export interface Lease extends HolderOf {
	lease: string;
	fence: number;
	inForce: boolean;
	released: boolean;
}

export interface Word {
	word: string;
	what: "close" | "sent" | "over";
	by: string;
	name?: Named;
	seconded: boolean;
	month?: string;
	lease?: string;
	lot?: string;
}

export interface BillingState {
	holder: HolderOf | null;
	contested: boolean;
	leases: Lease[];
	words: Word[];
	lots: LotRow[];
}

export interface Heard extends HolderOf {
	afterTheMonth: boolean;
	until?: string;
}

export interface Anomaly extends Words {
	number: number;
	stops: boolean;
	visit?: string;
	patient?: string;
	nurse?: string;
	start?: string;
	end?: string;
	other?: string;
	otherPatient?: string;
	otherStart?: string;
	device?: string;
}

export interface Check {
	month: string;
	complete: boolean;
	heard: Heard[];
	anomalies: Anomaly[];
	stops: number;
	names?: Names;
}

export interface Totals {
	lines: number;
	credits: number;
	visits: number;
	minutes: number;
	billedMilliminutes: number;
	cents: number;
	amoCents: number;
	amcCents: number;
}

export type LineKind = "normal" | "late" | "correction" | "credit" | "reinstate";

export interface LotVisit {
	visit: string;
	nurse: string;
	coNurse?: string;
	start: string;
	end: string;
	minutes: number;
}

export interface Line {
	line: number;
	kind: LineKind;
	month: string;
	patient: string;
	minutes: number;
	cents: number;
	amoCents: number;
	amcCents: number;
	visits: LotVisit[];
}

export interface Lot {
	lot: string;
	month: string;
	territory: string;
	holder: string;
	lines: Line[];
	totals: Totals;
	heard: { device: string; until: string }[];
	names?: Names;
}

export interface Preview extends Lot {
	kinds: Record<LineKind, { lines: number; visits: number; cents: number }>;
	standsBefore: number;
	standsAfter: number;
	inTheWay: (Words & { device?: string }) | null;
}

export interface Share {
	visits: number;
	minutes: number;
	cents: number;
	amoCents: number;
	amcCents: number;
	nurse?: string;
	patient?: string;
}

export interface Shares {
	rows: Share[];
	totals: Share;
	names?: Names;
	csv: string;
}

export interface Explained extends Line {
	stands: boolean;
	lotMonth: string;
	steps: Words[];
	lot: string;
}

export interface RateTable extends Record<string, unknown> {
	id: string;
	territory: string;
	validFrom: string;
	centsPerHour: number;
	unit: string;
	ties: string;
	amoPerMille: number;
	corrected?: boolean;
	withdrawn?: boolean;
}

export function useBilling(): ReturnType<typeof useData<BillingState>> {
	return useData<BillingState>("/api/billing", ["news", "meeting"]);
}

export function holderName(holder: HolderOf | Word | null | undefined): string {
	return [holder?.name?.firstName, holder?.name?.lastName].filter(Boolean).join(" ");
}

export function patientOf(names: Names | undefined, id: string | undefined): string {
	return (id && names?.patients[id]) || (id ?? "").slice(0, 8);
}

export function nurseOf(names: Names | undefined, id: string | undefined): string {
	return (id && names?.nurses[id.slice(0, 12)]) || (id ?? "").slice(0, 8);
}
