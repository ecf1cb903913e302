/* Events and their corrections: what is called by the id of the first one is read from the last one. */
import type { Rec } from "./types";

/** What stands now of the event with this id: itself, or what corrects it. */
export function versionOf(records: readonly Rec[], id: string): Rec | undefined {
	let current = records.find((record) => record.id === id);
	for (let i = 0; current && i < records.length; i++) {
		const author = JSON.stringify(current.author);
		const next = records.find((record) => record.corrects && JSON.stringify(record.corrects) === author);
		if (!next) break;
		current = next;
	}
	return current;
}

/** References within a dossier are the first six bytes of an id. */
export function short(id: string): string {
	return id.slice(0, 12);
}
