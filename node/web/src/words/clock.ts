/* Between the moments of the interface (RFC 3339) and what an <input type="datetime-local"> holds: clocks of Paris. */
const ZONE = "Europe/Paris";

/** What Paris's clocks are ahead of UTC at a moment, in minutes. */
export function parisOffset(moment: Date): number {
	const parts = new Intl.DateTimeFormat("en-US", { timeZone: ZONE, hourCycle: "h23", year: "numeric", month: "numeric", day: "numeric", hour: "numeric", minute: "numeric", second: "numeric" }).formatToParts(moment);
	const of = (type: string): number => Number(parts.find((part) => part.type === type)?.value);
	const there = Date.UTC(of("year"), of("month") - 1, of("day"), of("hour"), of("minute"), of("second"));
	return Math.round((there - Math.floor(moment.getTime() / 1000) * 1000) / 60000);
}

function offsetText(minutes: number): string {
	const size = Math.abs(minutes);
	return `${minutes < 0 ? "-" : "+"}${String(Math.floor(size / 60)).padStart(2, "0")}:${String(size % 60).padStart(2, "0")}`;
}

/** "2026-11-27T08:40:00+01:00" → "2026-11-27T08:40"; what is no moment, is nothing. */
export function localOf(moment: string): string {
	const date = new Date(moment);
	if (moment === "" || Number.isNaN(date.getTime())) return "";
	return new Date(date.getTime() + parisOffset(date) * 60000).toISOString().slice(0, 16);
}

/** The way back; null: nothing. In the hour that comes twice, the first one. */
export function momentOf(local: string): string | null {
	if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(local)) return null;
	const guess = new Date(`${local.slice(0, 16)}:00Z`);
	const before = parisOffset(new Date(guess.getTime() - 3 * 3600000));
	const moment = new Date(guess.getTime() - before * 60000);
	const offset = parisOffset(moment) === before ? before : parisOffset(new Date(guess.getTime() - parisOffset(guess) * 60000));
	return `${local.slice(0, 16)}:00${offsetText(offset)}`;
}

/** Now, in this form. */
export function nowMoment(): string {
	const now = new Date();
	const local = new Date(now.getTime() + parisOffset(now) * 60000).toISOString().slice(0, 19);
	return local + offsetText(parisOffset(now));
}
