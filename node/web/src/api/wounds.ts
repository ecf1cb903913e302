/* GET /api/patients/P/wounds: wounds, their checks newest first, each compared with others (node/wounds/README.md). */
import type { Age, Holder, Rec, Words } from "./types";

export type Trend = "better" | "worse" | "same" | "mixed";

export interface Difference {
	/** The earlier check. */
	check: string;
	days: number;
	photo?: string;
	trend: Trend;
	/** Later less earlier, in cm². */
	surface?: string;
	percent?: number;
	pain?: number;
}

export interface Check {
	id: string;
	at: string;
	length?: string;
	width?: string;
	depth?: string;
	surface?: string;
	stage?: string;
	tissue?: string;
	exudate?: string;
	pain?: number;
	photo?: string;
	note?: string;
	versions?: number;
	sincePrevious?: Difference;
	sinceWeek?: Difference;
}

export interface Wound extends Rec {
	type?: string;
	site?: string;
	since?: string;
	state?: string;
	trend?: Trend;
	attention?: Words & { type: string; urgency: string };
	checks: Check[];
}

export interface Wounds {
	wounds: Wound[];
	photoConsent: boolean;
	holders: Holder[];
	age: Age;
}
