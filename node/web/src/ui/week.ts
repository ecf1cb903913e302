/* A week of the team's visits: whose they are, how many, which want somebody. */
import { useData } from "../api/store";
import type { Person, PlannedDay, Planning, RoundVisit } from "../api/types";
import { useStatus } from "../session";
import { addDays } from "../words/dates";

export const WEEK_DAYS = 7;

/** Monday of the week of a day. */
export function mondayOf(day: string): string {
	const weekday = (new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7;
	return addDays(day, -weekday);
}

export function usePlanning(from: string | null, days = WEEK_DAYS) {
	return useData<Planning>(from ? `/api/planning?from=${from}&days=${days}` : null, ["news", "work"]);
}

/** Ids of people are short in visits: the first digits. */
export function useMe(): (person: { id: string } | undefined) => boolean {
	const me = useStatus()?.person ?? "";
	return (person) => Boolean(person && me.startsWith(person.id));
}

export function isOpen(visit: RoundVisit): boolean {
	return visit.state === "planned";
}

/** What must not stay unseen: nobody's, two people's, two opinions, perhaps missed. */
export function isLoud(visit: RoundVisit): boolean {
	return isOpen(visit) && visit.marks.some((mark) => ["unclaimed", "twice", "differing", "missed"].includes(mark));
}

/** Everybody who has a visit that week, or is away, by name. */
export function nursesOf(days: readonly PlannedDay[]): Person[] {
	const all = new Map<string, Person>();
	for (const day of days) {
		for (const person of day.absent) all.set(person.id, person);
		for (const visit of day.visits) for (const person of [...visit.owners, ...(visit.took ? [visit.took.nurse] : [])]) all.set(person.id, person);
	}
	return [...all.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** Hers: she has it, or did it. */
export function isOf(visit: RoundVisit, person: string): boolean {
	return visit.owners.some((owner) => owner.id === person) || visit.took?.nurse.id === person;
}

/** Visits that take place, or will. */
export function counts(visit: RoundVisit): boolean {
	return visit.state === "planned" || visit.state === "done";
}

export function loadOf(day: PlannedDay, person: string): number {
	return day.visits.filter((visit) => counts(visit) && !visit.marks.includes("unclaimed") && isOf(visit, person)).length;
}
