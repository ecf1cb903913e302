/* What screens show: the last answer to each request, shown at once when a screen is opened again, and asked for again when the
 * stream says that something moved. Nothing is kept once the device is locked. */
import { useEffect, useReducer } from "preact/hooks";
import { ApiError, ask } from "./client";
import { follow, type Topic } from "./events";
import { link } from "./link";

interface Entry {
	value?: unknown;
	error?: ApiError;
	asked: boolean; /* a request is under way */
	stale: boolean; /* something moved since that one was sent */
	topics: readonly Topic[];
	watchers: Set<() => void>;
}

const KEPT_MAX = 60;
const SETTLE_MS = 150; /* events come in flocks */
const entries = new Map<string, Entry>();

export interface Data<T> {
	data: T | undefined;
	error: ApiError | undefined;
	loading: boolean;
	reload: () => void;
}

function entryOf(path: string, topics: readonly Topic[]): Entry {
	let entry = entries.get(path);
	if (entry) {
		/* the last ones used are the last ones dropped */
		entries.delete(path);
		entries.set(path, entry);
	} else {
		entry = { asked: false, stale: true, topics, watchers: new Set() };
		entries.set(path, entry);
		for (const [old, one] of entries) {
			if (entries.size <= KEPT_MAX) break;
			if (one.watchers.size === 0 && old !== path) entries.delete(old);
		}
	}
	return entry;
}

async function load(path: string, entry: Entry, unattended: boolean): Promise<void> {
	if (entry.asked) {
		entry.stale = true;
		return;
	}
	entry.asked = true;
	entry.stale = false;
	try {
		entry.value = await ask<unknown>("GET", path, undefined, { unattended });
		delete entry.error;
	} catch (error) {
		entry.error = error instanceof ApiError ? error : new ApiError(0, "INTERNAL", String(error));
		if (entry.error.status === 0 || entry.error.code === "LOCKED") entry.stale = true;
	}
	entry.asked = false;
	entry.watchers.forEach((watcher) => watcher());
	if (entry.stale && !entry.error && entry.watchers.size) void load(path, entry, true);
}

/** The answer to GET `path`, kept up to date on `topics`; null: nothing is asked. */
export function useData<T>(path: string | null, topics: readonly Topic[] = ["news"]): Data<T> {
	const [, draw] = useReducer((n: number) => n + 1, 0);
	useEffect(() => {
		if (path === null) return;
		const entry = entryOf(path, topics);
		const watcher = (): void => draw(0);
		entry.watchers.add(watcher);
		/* shown at once, and asked for again: the stream covers what moves while a screen is open */
		void load(path, entry, false);
		return () => {
			entry.watchers.delete(watcher);
		};
	}, [path]);
	const entry = path === null ? undefined : entries.get(path);
	return {
		data: entry?.value as T | undefined,
		error: entry?.error,
		loading: path !== null && entry?.value === undefined && !entry?.error,
		reload: () => path !== null && void load(path, entryOf(path, topics), false),
	};
}

/** Is there an answer to GET `path` that can be shown at once? */
export function isKept(path: string): boolean {
	return entries.get(path)?.value !== undefined;
}

let moved = new Set<Topic>();
let timer: ReturnType<typeof setTimeout> | undefined;

function settle(): void {
	const topics = moved;
	moved = new Set();
	timer = undefined;
	for (const [path, entry] of entries) {
		if (!entry.topics.some((topic) => topics.has(topic))) continue;
		if (entry.watchers.size) void load(path, entry, true);
		else entry.stale = true;
	}
}

/** Something moved: by the stream, or since we saved it. */
export function touch(...topics: Topic[]): void {
	topics.forEach((topic) => moved.add(topic));
	timer ??= setTimeout(settle, SETTLE_MS);
}

/** After a save of ours: every list that is open is read again. */
export function touchAll(): void {
	touch("news", "meeting", "work", "visit");
}

/** What was shown is forgotten, as when the device is locked. */
export function forget(): void {
	for (const [path, entry] of entries) {
		delete entry.value;
		delete entry.error;
		if (entry.watchers.size === 0) entries.delete(path);
	}
}

let stop: (() => void) | undefined;
export function startFollowing(onLost: () => void): void {
	stop ??= follow((topic) => touch(topic), touchAll, onLost);
	link.listen(() => {
		if (link.state === "locked" || link.state === "stranger") forget();
	});
}
