/* How often, between what a nurse chooses and the rule that is kept (RFC 5545; node/plan/README.md, section 1). */
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
/** The parts of a day, as the node names these hours. */
export const PARTS = [8, 12, 16, 19, 22] as const;

export type Every = "day" | "days" | "week" | "month";

export interface Rhythm {
	every: Every;
	interval: number;
	weekdays: string[];
	monthDay: number;
	hours: number[];
	until: string;
	/** Days on which it is not done: kept as they stand. */
	except: string;
}

export const DAILY: Rhythm = { every: "day", interval: 2, weekdays: [], monthDay: 1, hours: [8], until: "", except: "" };

function day(text: string): string {
	return /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : "";
}

/** undefined: it says more than these choices can. */
export function readRule(text: string): Rhythm | undefined {
	const [rule = "", ...rest] = text.trim().replace(/^RRULE:/i, "").toUpperCase().split(/\s+/);
	const parts = new Map(rule.split(";").map((part) => part.split("=") as [string, string]));
	const freq = parts.get("FREQ");
	const known = ["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYHOUR", "UNTIL", "WKST"];
	if ([...parts.keys()].some((name) => !known.includes(name))) return undefined;
	const interval = Number(parts.get("INTERVAL") ?? 1);
	const weekdays = parts.get("BYDAY")?.split(",") ?? [];
	const monthDay = parts.get("BYMONTHDAY") ?? "";
	const until = parts.get("UNTIL");
	if (weekdays.some((one) => !(WEEKDAYS as readonly string[]).includes(one)) || (until && !day(until))) return undefined;
	const shared = { hours: (parts.get("BYHOUR") ?? "8").split(",").map(Number).sort((a, b) => a - b), until: until ? day(until) : "", except: rest.join(" "), monthDay: 1, weekdays: [] as string[], interval };
	if (freq === "DAILY" && !weekdays.length && !monthDay) return { ...shared, every: interval === 1 ? "day" : "days" };
	if (freq === "WEEKLY" && !monthDay && weekdays.length) return { ...shared, every: "week", weekdays };
	if (freq === "DAILY" && interval === 1 && weekdays.length && !monthDay) return { ...shared, every: "week", weekdays };
	if (freq === "MONTHLY" && interval === 1 && !weekdays.length && /^\d{1,2}$/.test(monthDay)) return { ...shared, every: "month", monthDay: Number(monthDay) };
	return undefined;
}

/** "" where something is still to be chosen. */
export function ruleOf(rhythm: Rhythm): string {
	if (rhythm.hours.length === 0) return "";
	const parts: string[] = [];
	if (rhythm.every === "day") parts.push("FREQ=DAILY");
	if (rhythm.every === "days") parts.push("FREQ=DAILY", `INTERVAL=${rhythm.interval}`);
	if (rhythm.every === "month") parts.push("FREQ=MONTHLY", `BYMONTHDAY=${rhythm.monthDay}`);
	if (rhythm.every === "week") {
		if (rhythm.weekdays.length === 0) return "";
		parts.push("FREQ=WEEKLY");
		if (rhythm.interval > 1) parts.push(`INTERVAL=${rhythm.interval}`);
		parts.push(`BYDAY=${WEEKDAYS.filter((one) => rhythm.weekdays.includes(one)).join(",")}`);
	}
	parts.push(`BYHOUR=${[...rhythm.hours].sort((a, b) => a - b).join(",")}`);
	if (rhythm.until) parts.push(`UNTIL=${rhythm.until.replaceAll("-", "")}`);
	return parts.join(";") + (rhythm.except ? ` ${rhythm.except}` : "");
}
