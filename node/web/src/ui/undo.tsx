/* What was just done in a document can be taken back: that change, and no later one. */
import { useEffect, useReducer, useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll } from "../api/store";
import { t } from "../words";
import { ErrorNotice, Notice } from "./notice";

interface Done {
	/** On whose screen it is shown. */
	document: string;
	feed: string;
	seq: number;
	text: string;
}

interface Plan {
	feed: string;
	seq: number;
	possible: boolean;
	changes: { id?: string }[];
}

let last: Done | undefined;
const listeners = new Set<() => void>();

function keep(done: Done | undefined): void {
	last = done;
	listeners.forEach((listener) => listener());
}

/** Call it at once after a save of ours, with its reply; `text` says what was done. Nothing is offered where nothing could be taken back, or where
 * the last change is another one. */
export async function offerUndo(document: string, saved: { id: string; dossier?: string }, text: string): Promise<void> {
	keep(undefined);
	try {
		const plan = await ask<Plan>("POST", "/api/undo", { document: saved.dossier ?? document, dryRun: true });
		if (plan.possible && plan.changes.some((change) => change.id === saved.id)) keep({ document, feed: plan.feed, seq: plan.seq, text });
	} catch {
		/* the save stands; it is only not offered */
	}
}

export function UndoNotice({ document }: { document: string }) {
	const [, draw] = useReducer((n: number) => n + 1, 0);
	const [error, setError] = useState<ApiError>();
	useEffect(() => {
		const listener = (): void => draw(0);
		listeners.add(listener);
		return () => {
			listeners.delete(listener);
			last = undefined; /* another screen: it is not what was just done there */
		};
	}, []);
	if (!last || last.document !== document) return null;
	const { feed, seq, text } = last;
	async function back(): Promise<void> {
		setError(undefined);
		try {
			await ask("POST", "/api/undo", { feed, seq, reason: t("undo.reason") });
			keep(undefined);
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<div class="foot">
			<Notice kind="good" live>
				<div class="row apart">
					<span>{text}</span>
					<span class="row">
						<button type="button" onClick={() => void back()}>{t("undo.back")}</button>
						<button type="button" class="plain" onClick={() => keep(undefined)}>{t("undo.close")}</button>
					</span>
				</div>
				{error ? <ErrorNotice error={error} /> : null}
			</Notice>
		</div>
	);
}
