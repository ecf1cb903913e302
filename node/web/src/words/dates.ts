/* Days and moments, as people say them. Paris's clocks, as the node counts. */
import { language, locale, t, tn } from "./index";

const ZONE = "Europe/Paris";
const dayParts = new Intl.DateTimeFormat("en-GB", { timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit" });
const made = new Map<string, Intl.DateTimeFormat>();

function formatter(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
	const key = language() + JSON.stringify(options);
	let format = made.get(key);
	if (!format) {
		format = new Intl.DateTimeFormat(locale(), { timeZone: ZONE, ...options });
		made.set(key, format);
	}
	return format;
}

/** "2026-11-27" in Paris. */
export function dayOf(moment: Date | string = new Date()): string {
	const date = typeof moment === "string" ? new Date(moment) : moment;
	/* Part by part: in what order a language writes them changes from one browser to the next. */
	const part = Object.fromEntries(dayParts.formatToParts(date).map(({ type, value }) => [type, value]));
	return `${part.year}-${part.month}-${part.day}`;
}

export function addDays(day: string, count: number): string {
	const date = new Date(`${day}T12:00:00Z`);
	date.setUTCDate(date.getUTCDate() + count);
	return date.toISOString().slice(0, 10);
}

/** "08:40" */
export function clock(moment: string): string {
	return formatter({ hour: "2-digit", minute: "2-digit" }).format(new Date(moment));
}

/** "vendredi 27 novembre" */
export function longDay(day: string): string {
	return formatter({ weekday: "long", day: "numeric", month: "long" }).format(new Date(`${day}T12:00:00Z`));
}

/** "ven." */
export function weekday(day: string, width: "short" | "narrow" = "short"): string {
	return formatter({ weekday: width }).format(new Date(`${day}T12:00:00Z`));
}

/** "27/11/2026" */
export function shortDay(day: string): string {
	return formatter({ day: "2-digit", month: "2-digit", year: "numeric" }).format(new Date(`${day.slice(0, 10)}T12:00:00Z`));
}

/** "aujourd'hui 08:40", "hier 18:40", "27/11/2026 18:40" */
export function when(moment: string): string {
	const day = dayOf(moment);
	const today = dayOf();
	if (day === today) return t("base.today.at", { time: clock(moment) });
	if (day === addDays(today, -1)) return t("base.yesterday.at", { time: clock(moment) });
	return `${shortDay(day)} ${clock(moment)}`;
}

/** How long ago, in words. */
export function ago(moment: string): string {
	const minutes = Math.max(0, Math.round((Date.now() - new Date(moment).getTime()) / 60000));
	if (minutes < 1) return t("base.now");
	if (minutes < 60) return tn("base.minutesAgo", minutes);
	if (minutes < 48 * 60) return tn("base.hoursAgo", Math.round(minutes / 60));
	return tn("base.daysAgo", Math.round(minutes / 1440));
}

/** "1 h 05", "12 min" */
export function duration(minutes: number): string {
	if (minutes < 60) return t("base.min", { n: minutes });
	return t("base.hourMin", { h: Math.floor(minutes / 60), m: String(minutes % 60).padStart(2, "0") });
}

/** Whole years of life. */
export function years(birth: string, on: string = dayOf()): number {
	const whole = Number(on.slice(0, 4)) - Number(birth.slice(0, 4));
	return on.slice(5) < birth.slice(5, 10) ? whole - 1 : whole;
}

/** "novembre 2026", of "2026-11" */
export function monthOf(month: string): string {
	return formatter({ month: "long", year: "numeric" }).format(new Date(`${month.slice(0, 7)}-15T12:00:00Z`));
}

/** As short as an axis has room for, by how far its marks stand apart: "08:40", "27 nov.", "nov. 2026"; of two lines: "lun.", "23". */
export function axisLabel(seconds: number, apart: number, twoLines = false): string {
	const date = new Date(seconds * 1000);
	const part = (options: Intl.DateTimeFormatOptions): string => formatter(options).format(date);
	if (apart < 20 * 3600) return clock(date.toISOString());
	if (apart >= 27 * 86400) return `${part({ month: "short" })}${twoLines ? "\n" : " "}${part({ year: "numeric" })}`;
	if (!twoLines) return part({ day: "numeric", month: "short" });
	return apart < 2 * 86400 ? `${part({ weekday: "short" })}\n${part({ day: "numeric" })}` : `${part({ day: "numeric" })}\n${part({ month: "short" })}`;
}

/** "12 janvier 2027", "1er mars 2027" */
export function dayWords(day: string): string {
	const words = formatter({ day: "numeric", month: "long", year: "numeric" }).format(new Date(`${day.slice(0, 10)}T12:00:00Z`));
	return language() === "fr" ? words.replace(/^1 /, "1er ") : words;
}

/** "lundi", "lun.": 0 is Monday. */
export function weekdayName(weekday: number, width: "long" | "short"): string {
	return formatter({ weekday: width }).format(new Date(Date.UTC(2024, 0, 1 + weekday, 12)));
}
