/* What the device is now: asked at the beginning, and again whenever the stream or a refusal says that it may have changed. */
import { useEffect, useReducer } from "preact/hooks";
import { ApiError, ask } from "./api/client";
import { link, type LinkState } from "./api/link";
import { startFollowing, touchAll, useData } from "./api/store";
import type { Status } from "./api/types";
import { hands } from "./start/handed";
import { onLanguage } from "./words";

const LOOK_MS = 2000;

/** Draws again when the language, or the link to the program, changes. */
export function useEverything(): LinkState {
	const [, draw] = useReducer((n: number) => n + 1, 0);
	const drawn = link.state;
	useEffect(() => {
		const stops = [link.listen(() => draw(0)), onLanguage(() => draw(0))];
		if (link.state !== drawn) draw(0); /* the first answer was there before anybody listened */
		return () => stops.forEach((stop) => stop());
	}, []);
	return link.state;
}

export function useStatus(): Status | undefined {
	const { data } = useData<Status>("/api/status", ["news", "meeting", "work", "visit"]);
	return data;
}

const CARERS = ["nurse", "billing", "locum"];

/** Writes in dossiers and messages: goes to patients. */
export function useCares(): boolean {
	return CARERS.includes(useStatus()?.role ?? "");
}

/** A nurse of the team: writes what is the team's, too. */
export function useIsNurse(): boolean {
	const role = useStatus()?.role;
	return role === "nurse" || role === "billing";
}

/** The status, past the store: is the program there, and is it open? */
export async function look(): Promise<void> {
	try {
		const status = await ask<Status>("GET", "/api/status", undefined, { unattended: true });
		const before = link.state;
		hands.ended();
		link.set(status.locked ? "locked" : "here");
		if (before !== link.state && link.state === "here") touchAll();
	} catch (problem) {
		/* told to `link` by the client; a locked device says so by its status: who refuses even that is in somebody's hands */
		if (problem instanceof ApiError && problem.code === "LOCKED") hands.seen();
	}
}

/** While the program does not answer or is locked, look again: it may come back, or be opened by the command. */
export function watchLink(): void {
	startFollowing(() => void look());
	let timer: ReturnType<typeof setTimeout> | undefined;
	const again = (): void => {
		clearTimeout(timer);
		if (link.state === "gone" || link.state === "locked")
			timer = setTimeout(() => void look().then(again), LOOK_MS);
	};
	link.listen(again);
	document.addEventListener("visibilitychange", () => {
		if (document.visibilityState === "visible") void look();
	});
}
