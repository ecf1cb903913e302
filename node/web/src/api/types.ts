/* Replies, as far as screens use them: node/README.md and GET /api say the rest. */
export interface Words {
	fr: string;
	en: string;
}

export interface Person {
	id: string;
	name: string;
}

export interface DeviceAge {
	device: string;
	person: string;
	name: Words;
	role: string;
	now: boolean;
	met?: string;
	heard?: string;
	upto?: string;
	missing: number;
	lacking: boolean;
}

export interface Age extends Words {
	devices: DeviceAge[];
}

export interface Holder {
	device: string;
	person: string;
	name: Words;
	role: string;
}

export interface Rec {
	id: string;
	kind: string;
	on?: number[];
	seen?: unknown;
	corrected?: boolean;
	concurrent?: Record<string, { conflict?: boolean; values?: unknown[] }>;
	[field: string]: unknown;
}

export interface Peer {
	device: string;
	person: string;
	name: Words;
	role: string;
	connected: boolean;
	level: boolean;
	missingThere: number;
	/** Of these, about the team itself: 0, once it acknowledged something, says that it knows who was removed. */
	missingMembership: number;
	missingHere?: number;
	met?: string;
	/** The last word of it, and by whose device where it was another's. */
	heard?: string;
	throughName?: Words;
	acknowledged: boolean;
	clockSkewMs?: number;
	lookedFor?: { address: string; ended: string }[];
	holdsBack?: { address: string; entries: number; noticedEntries: number; noticed: string };
	full?: { why: string; limit: number };
}

/** How much of the team's records is here, and what comes now. */
export interface Copy {
	partial: boolean;
	records: number;
	of: number;
	since?: string;
	unmet: { device: string; of: number }[];
	coming: {
		early?: { dossiers: number; dossiersExpected: number; bytes: number; bytesExpected: number };
		records?: { records: number; recordsExpected: number; bytes: number; bytesExpected: number };
		remainingSeconds: number | null;
	};
}

/** What others sent and was refused; `ordinary`: nothing to worry about. */
export interface Refused {
	what: string;
	reason: string;
	count: number;
	kept: boolean;
	ordinary: boolean;
	label: Words;
	why: Words;
}

export interface Running extends Words {
	start: string;
	minutes: number;
	long: boolean;
	overMidnight: boolean;
}

export interface Notice extends Partial<Words> {
	[member: string]: unknown;
}

export interface Status {
	locked: boolean;
	absent?: boolean;
	failed?: { code: string; message: string; fr: string };
	now: string;
	device?: string;
	inTeam?: boolean;
	person?: string;
	role?: string;
	port?: number;
	patients?: number;
	state?: string;
	stopped?: boolean;
	notAccepted?: boolean;
	outdated?: boolean;
	peers?: Peer[];
	age?: Age;
	copy?: Copy;
	onlyHere?: { entries: number; own: number; membership: number; photos: number };
	quarantine?: { entries: number; own: number };
	refused?: Refused[];
	rights?: Words | null;
	/** Its last day is past. */
	rightsOver?: boolean;
	database?: { room: string; diskFull: boolean; usedBytes: number };
	checkpoint?: Partial<Words> & { complete?: boolean; current?: boolean };
	visit?: Running | null;
	notices?: Notice[];
	work?: Record<string, number>;
}

export interface RoundVisit {
	id: string;
	patient: string;
	name: string;
	day: string;
	at: string;
	state: string;
	marks: string[];
	owners: Person[];
	absent?: Person[];
	handedBy?: Person;
	part?: Words & { name: string };
	minutes?: number;
	movedTo?: string;
	why?: string;
	note?: string;
	took?: { visit: string; start: string; end: string; nurse: Person };
	street?: string;
	complement?: string;
	postcode?: string;
	town?: string;
	doorCode?: string;
	keys?: string;
	phone?: string;
	mobile?: string;
	allergies?: string;
	alerts?: Rec[];
	items?: Item[];
	urgent?: Rec[];
	partial?: boolean;
	/** The night cabinet that it was given to. */
	cabinet?: { id: string; name: string; phone: string };
}

/** The team's visits of a day. */
export interface PlannedDay {
	day: string;
	visits: RoundVisit[];
	absent: Person[];
	unclaimed: number;
	twice: number;
	done: number;
	missed: number;
}

export interface Planning {
	days: PlannedDay[];
	age: Age;
}

export interface Item {
	id: string;
	target?: string;
	category?: string;
	detail?: string;
	recurrence?: string;
	hour?: number;
	problem?: string;
}

export interface Round {
	day: string;
	nurse: Person;
	visits: RoundVisit[];
	unclaimed: RoundVisit[];
	notPlanned: { visit: string; patient: string; name: string; start: string; end: string; nurse: Person }[];
	age: Age;
}

export interface PatientRow {
	id: string;
	lastName?: string;
	firstName?: string;
	birthName?: string;
	birthDate?: string;
	civility?: string;
	sex?: string;
	town?: string;
	partial?: boolean;
}

export interface Score {
	knowledge: number;
	behaviour: number;
	status: number;
}

export interface OpenProblem extends Words {
	id: string;
	code: string;
	name: string;
	label?: Words;
	severity?: string;
	signs?: string;
	trend?: string;
	current?: Score;
	previous?: Score;
	expected?: Score;
	rules?: Words[];
}

export interface Visit {
	id: string;
	patient: string;
	version: number;
	since: string;
	start: string;
	note?: string;
	done?: string[];
	vitals?: Record<string, string>;
	planned?: string;
	outcome?: string;
	with?: Record<string, Record<string, unknown>[]>;
}
