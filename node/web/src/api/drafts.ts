/* What is typed, kept by the node at each keystroke (node/visit/README.md, section 1). One request at a time; what is typed
 * meanwhile goes along with the next one. Two windows with one form replace nothing of each other: what both typed is kept. */
import { useEffect, useReducer, useRef } from "preact/hooks";
import { ApiError, ask } from "./client";
import type { Rec } from "./types";

export type Values = Record<string, unknown>;
export type With = Record<string, Record<string, unknown>[]>;

export interface Draft {
	key: string;
	version: number;
	kind: string;
	id: string;
	in?: string;
	record?: boolean;
	since: string;
	changed: string;
	values: Values;
	with?: With;
}

interface Change {
	values?: Values;
	with?: With;
}

export type Kept = "kept" | "keeping" | "not-kept";

const AGAIN_MS = 3000;

/** RFC 7396, at the first level of `values`, and of whole lists in `with`. */
export function patched(draft: Change, change: Change): Change {
	const values: Values = { ...draft.values };
	for (const [name, value] of Object.entries(change.values ?? {})) {
		if (value === null) delete values[name];
		else values[name] = value;
	}
	return { values, with: { ...draft.with, ...change.with } };
}

/** Ours, where another window wrote into the same field: texts stand one below the other, of the rest what stands there stays. */
export function reconciled(ours: Change, base: Values, theirs: Values): { change: Change; mixed: boolean } {
	const values: Values = {};
	let mixed = false;
	for (const [name, mine] of Object.entries(ours.values ?? {})) {
		const other = theirs[name];
		if (JSON.stringify(other) === JSON.stringify(base[name]) || JSON.stringify(other) === JSON.stringify(mine)) values[name] = mine;
		else if (typeof mine === "string" && typeof other === "string") {
			mixed = true;
			values[name] = mine.startsWith(other) ? mine : other.includes(mine) ? other : `${other}\n${mine}`;
		} else mixed = true;
	}
	return { change: ours.with ? { values, with: ours.with } : { values }, mixed };
}

export class DraftKeeper {
	values: Values = {};
	with: With = {};
	draft: Draft | undefined;
	loaded = false;
	state: Kept = "kept";
	error: ApiError | undefined;
	/** Another window changed the same field: shown once. */
	mixed = false;
	private pending: Change | undefined;
	private saved: Values = {}; /* as the node has them */
	private sending: Promise<void> | undefined;
	private timer: ReturnType<typeof setTimeout> | undefined;

	constructor(
		readonly key: string,
		private readonly begin: { kind: string; in?: string | undefined; record?: string | undefined },
		private readonly draw: () => void,
	) {}

	private take(draft: Draft): void {
		this.draft = draft;
		this.values = draft.values;
		this.with = draft.with ?? {};
		this.saved = draft.values;
	}

	async open(preset: Values): Promise<void> {
		try {
			this.take(await ask<Draft>("GET", `/api/drafts/${this.key}`));
		} catch (problem) {
			if (!(problem instanceof ApiError) || problem.status !== 404) this.error = problem as ApiError;
			else this.values = preset;
		}
		this.loaded = true;
		this.draw();
	}

	set(values: Values, along?: With): void {
		const change: Change = along ? { values, with: along } : { values };
		this.pending = this.pending
			? { values: { ...this.pending.values, ...values }, ...(along || this.pending.with ? { with: { ...this.pending.with, ...along } } : {}) }
			: change;
		const now = patched({ values: this.values, with: this.with }, change);
		this.values = now.values ?? {};
		this.with = now.with ?? {};
		this.state = "keeping";
		this.draw();
		void this.flush();
	}

	/** Resolves once everything that was typed is on the disk, or cannot be put there. */
	async flush(keepalive = false): Promise<void> {
		clearTimeout(this.timer);
		while (this.pending || this.sending) {
			this.sending ??= this.send(keepalive).finally(() => (this.sending = undefined));
			await this.sending;
			if (this.error) return;
		}
	}

	private async send(keepalive: boolean): Promise<void> {
		const change = this.pending;
		if (!change) return;
		this.pending = undefined;
		const body = this.draft ? { version: this.draft.version, change } : { ...this.begin, values: this.values, with: this.with };
		try {
			const reply = await ask<{ version: number; changed?: string; since?: string; id?: string; kind?: string }>("PUT", `/api/drafts/${this.key}`, body, { keepalive });
			const now = new Date().toISOString();
			this.draft = this.draft
				? { ...this.draft, version: reply.version, changed: reply.changed ?? now }
				: { key: this.key, kind: this.begin.kind, id: reply.id ?? "", since: reply.since ?? now, changed: reply.changed ?? now, version: reply.version, values: this.values };
			this.saved = { ...this.saved, ...change.values };
			this.error = undefined;
			this.state = this.pending ? "keeping" : "kept";
		} catch (problem) {
			this.failed(problem, change);
		}
		this.draw();
	}

	private failed(problem: unknown, change: Change): void {
		const error = problem instanceof ApiError ? problem : new ApiError(0, "INTERNAL", String(problem));
		const merged = this.pending ? patched(change, this.pending) : change;
		const theirs = error.body.draft as Draft | undefined;
		if (error.code === "CONFLICT" && theirs) {
			const { change: ours, mixed } = reconciled(merged, this.saved, theirs.values);
			this.take(theirs);
			this.mixed ||= mixed;
			this.pending = ours;
			const now = patched({ values: this.values, with: this.with }, ours);
			this.values = now.values ?? {};
			this.with = now.with ?? {};
			return;
		}
		this.pending = merged;
		this.error = error;
		this.state = "not-kept";
		this.timer = setTimeout(() => {
			this.error = undefined;
			void this.flush();
		}, AGAIN_MS);
	}

	close(): void {
		clearTimeout(this.timer);
		void this.flush(true);
	}
}

/** The draft `key`, opened; null: none. `preset` are values of a form that was not begun. */
export function useDraft(key: string | null, begin: { kind: string; in?: string | undefined; record?: string | undefined }, preset: Values = {}): DraftKeeper | undefined {
	const [, draw] = useReducer((n: number) => n + 1, 0);
	const keeper = useRef<DraftKeeper | undefined>(undefined);
	if (key !== null && keeper.current?.key !== key) keeper.current = new DraftKeeper(key, begin, () => draw(0));
	useEffect(() => {
		const mine = keeper.current;
		if (key === null || !mine) return;
		void mine.open(preset);
		const leaving = (): void => {
			void mine.flush(true);
		};
		addEventListener("pagehide", leaving);
		return () => {
			removeEventListener("pagehide", leaving);
			mine.close();
		};
	}, [key]);
	return key === null ? undefined : keeper.current;
}

/** A key that a form has for one record: the same each time that it is opened. */
export function draftKey(kind: string, where: string | undefined, record: string | undefined): string {
	return [kind, where?.slice(0, 16), record?.slice(0, 16) ?? "new"].filter(Boolean).join(".");
}

/** The fields of a record as a form begins with them: all but what the node adds. */
export function valuesOf(record: Rec, fields: readonly string[]): Values {
	const values: Values = {};
	for (const name of fields) if (record[name] !== undefined) values[name] = record[name];
	return values;
}
