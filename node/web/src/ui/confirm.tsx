/* Something that is not taken back with a tap: first what it means, then the button that does it; refusals stand beside it. */
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { t } from "../words";
import { ErrorNotice } from "./notice";

export function Confirm({ label, yes, danger, primary, children, onYes }: {
	label: ComponentChildren;
	/** Of the second button; without: the label again. */
	yes?: string;
	danger?: boolean;
	/** It is what one comes to the screen for. */
	primary?: boolean;
	/** What it means, and what has to be said with it. */
	children: ComponentChildren;
	onYes: () => Promise<void>;
}) {
	const [open, setOpen] = useState(false);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	const form = useRef<HTMLFormElement>(null);
	const opener = useRef<HTMLButtonElement>(null);
	const first = useRef(true);
	useEffect(() => {
		/* who works by keyboard or by ear goes on where it opened, and comes back there */
		if (!first.current) (open ? form : opener).current?.focus();
		first.current = false;
	}, [open]);
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
			<button ref={opener} type="button" class={`ask ${danger ? "danger" : primary ? "primary" : ""}`} onClick={() => setOpen(true)}>
				{label}
			</button>
		);
	return (
		<form ref={form} tabIndex={-1} class="stack card asked" onSubmit={(event) => void act(event)} aria-busy={busy}>
			{children}
			{error ? <ErrorNotice error={error} /> : null}
			<div class="row">
				<button class={danger ? "danger" : "primary"} disabled={busy}>{busy ? t("base.saving") : (yes ?? label)}</button>
				<button type="button" onClick={() => setOpen(false)}>{t("base.cancel")}</button>
			</div>
		</form>
	);
}
