/* Something that is not taken back with a tap: first what it means, then the button that does it; refusals stand beside it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { t } from "../words";
import { ErrorNotice } from "./notice";

export function Confirm({ label, yes, danger, children, onYes }: {
	label: ComponentChildren;
	/** Of the second button; without: the label again. */
	yes?: string;
	danger?: boolean;
	/** What it means, and what has to be said with it. */
	children: ComponentChildren;
	onYes: () => Promise<void>;
}) {
	const [open, setOpen] = useState(false);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	async function act(event: Event): Promise<void> {
		event.preventDefault();
		if (busy) return;
		setBusy(true);
		setError(undefined);
		try {
			await onYes();
			setOpen(false);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			else throw problem;
		} finally {
			setBusy(false);
		}
	}
	if (!open)
		return (
			<button type="button" class={danger ? "danger" : ""} onClick={() => setOpen(true)}>
				{label}
			</button>
		);
	return (
		<form class="stack card asked" onSubmit={(event) => void act(event)} aria-busy={busy}>
			{children}
			{error ? <ErrorNotice error={error} /> : null}
			<div class="row">
				<button class={danger ? "danger" : "primary"} disabled={busy}>{busy ? t("base.saving") : (yes ?? label)}</button>
				<button type="button" onClick={() => setOpen(false)}>{t("base.cancel")}</button>
			</div>
		</form>
	);
}
