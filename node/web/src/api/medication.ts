/* GET /api/patients/P/medication: what holds on a day (node/medication/README.md). */
import type { Words } from "./types";

export type LineState = "future" | "current" | "ends" | "over" | "stopped" | "renewed" | "mistaken" | "without-prescription";

export interface Settled {
	review: string;
	words?: string;
	at: string;
}

export interface Line {
	id: string;
	drug: string;
	cip13?: string;
	dose?: string;
	schedule?: string;
	understood: boolean;
	asNeeded: boolean;
	maxPerDay?: number;
	from?: string;
	until?: string;
	state: LineState;
	endsIn?: number;
	versions?: string[];
}

export interface FollowUp {
	days: number;
	dueOn: string;
	state: "coming" | "due" | "done" | "over" | "not-due";
	settled?: Settled;
}

export interface Stop {
	id: string;
	line?: string;
	on: string;
	by?: string;
	why?: string;
	mistaken?: boolean;
}

export interface Prescription {
	id: string;
	prescriber: string;
	date: string;
	from?: string;
	until?: string;
	care?: string;
	state: LineState;
	endsIn?: number;
	scan?: string;
	renews?: string;
	renewedBy?: string[];
	versions?: string[];
	followUps?: FollowUp[];
	lines: Line[];
	stops?: Stop[];
}

export interface Slot {
	line: string;
	drug: string;
	dose?: string;
	/** Of a slot: "08:00"; its name, where it has one. */
	at?: string;
	slot?: "morning" | "noon" | "evening" | "bedtime";
	quantity?: string;
	state?: "due" | "given" | "refused" | "omitted";
	doses?: string[];
	/** Without slots: how often it was given that day. */
	given?: number;
	maxPerDay?: number;
	times?: number;
	schedule?: string;
}

export interface Dose {
	id: string;
	line?: string;
	drug?: string;
	outcome: "given" | "refused" | "omitted" | "unknown";
	at: string;
	slotDay?: string;
	slotAt?: string;
	mistaken?: boolean;
	versions?: string[];
}

export interface Alarm {
	type: "double" | "over-max" | "outside" | "unplanned";
	line: string;
	drug: string;
	day: string;
	at?: string;
	limit?: number;
	doses: string[];
	settled?: Settled;
}

export interface Duplicate {
	lines: [string, string];
	drugs: [string, string];
	same: boolean;
	settled?: Settled;
}

export interface Medication {
	day: string;
	prescriptions: Prescription[];
	withoutPrescription?: Line[];
	schedule: Slot[];
	asNeeded?: Slot[];
	times?: Slot[];
	unread?: Slot[];
	doses: Dose[];
	alarms: Alarm[];
	duplicates?: Duplicate[];
	attention: (Words & { type: string; urgency: "note" | "soon" | "now"; ids: string[] })[];
	attentionLeft?: number;
	notHere?: number;
}
