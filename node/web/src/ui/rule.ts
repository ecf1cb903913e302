/* How often, between what a nurse chooses and the rule that is kept (RFC 5545; node/plan/README.md, section 1). What is still to be chosen stands in the rule as an
 * empty part: it is kept in a draft as it is, and the node refuses it. */
export const WEEKDAYS = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"] as const;
/** The parts of a day, as the node names these hours. */
export const PARTS = [8, 12, 16, 19, 22] as const;

export const EVERY = ["day", "days", "week", "month"] as const;
export type Every = (typeof EVERY)[number];

export interface Rhythm {
	every: Every;
	interval: number;
	weekdays: string[];
	/** 0: the day of the month on which it begins. */
	monthDay: number;
	hours: number[];
	until: string;
	/** Days on which it is not done: kept as they stand. */
	except: string;
}

export const DAILY: Rhythm = { every: "day", interval: 1, weekdays: [], monthDay: 0, hours: [8], until: "", except: "" };

const FREQ = { day: "DAILY", days: "DAILY", week: "WEEKLY", month: "MONTHLY" } as const;
const KNOWN = ["FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "BYHOUR", "UNTIL", "WKST"];
const MOST_WEEKS = 4;

/** As the node tells rules from words. */
export function isRule(text: string): boolean {
	return /^(FREQ=|RRULE:|EXDATE)/i.test(text);
}

function day(text: string): string {
	return /^\d{8}$/.test(text) ? `${text.slice(0, 4)}-${text.slice(4, 6)}-${text.slice(6)}` : "";
}

function listed(part: string | undefined): string[] {
	return part?.split(",").filter(Boolean) ?? [];
}

function everyOf(parts: Map<string, string>): Every | undefined {
	const [freq, interval, hasDays, monthDay] = [parts.get("FREQ"), parts.get("INTERVAL"), parts.has("BYDAY"), parts.get("BYMONTHDAY")];
	if (freq === "DAILY" && !hasDays && !monthDay) return interval === undefined ? "day" : "days";
	if (freq === "WEEKLY" && hasDays && !monthDay) return Number(interval ?? 1) <= MOST_WEEKS ? "week" : undefined;
	if (freq === "DAILY" && hasDays && !monthDay && Number(interval ?? 1) === 1) return "week";
	return freq === "MONTHLY" && !hasDays && /^\d{0,2}$/.test(monthDay ?? "") ? "month" : undefined;
}

/** undefined: words, or more than these choices can say. */
export function readRule(text: string): Rhythm | undefined {
	const [rule = "", ...rest] = text.trim().replace(/^RRULE:/i, "").toUpperCase().split(/\s+/);
	const parts = new Map(rule.split(";").map((part) => part.split("=") as [string, string]));
	const every = everyOf(parts);
	const weekdays = listed(parts.get("BYDAY"));
	const until = parts.get("UNTIL");
	if (!every || [...parts.keys()].some((name) => !KNOWN.includes(name))) return undefined;
	if (weekdays.some((one) => !(WEEKDAYS as readonly string[]).includes(one)) || (until && !day(until))) return undefined;
	const hours = listed(parts.get("BYHOUR") ?? "8").map(Number).sort((a, b) => a - b);
	return { every, interval: Number(parts.get("INTERVAL") ?? 1), weekdays, monthDay: Number(parts.get("BYMONTHDAY") ?? 0), hours, until: until ? day(until) : "", except: rest.join(" ") };
}

export function ruleOf({ every, interval, weekdays, monthDay, hours, until, except }: Rhythm): string {
	const parts = [`FREQ=${FREQ[every]}`];
	if (every === "days" || (every !== "day" && interval !== 1)) parts.push(`INTERVAL=${interval}`);
	if (every === "week") parts.push(`BYDAY=${WEEKDAYS.filter((one) => weekdays.includes(one)).join(",")}`);
	if (every === "month" && monthDay) parts.push(`BYMONTHDAY=${monthDay}`);
	parts.push(`BYHOUR=${[...hours].sort((a, b) => a - b).join(",")}`);
	if (until) parts.push(`UNTIL=${until.replaceAll("-", "")}`);
	return parts.join(";") + (except ? ` ${except}` : "");
}

/** Whether a day and a time are chosen. */
export function isWhole({ every, weekdays, hours }: Rhythm): boolean {
	return hours.length > 0 && (every !== "week" || weekdays.length > 0);
}
