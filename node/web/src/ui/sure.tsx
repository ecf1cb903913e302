/* Something that is asked twice: what it does, and what cannot be undone, is said before. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { t } from "../words";
import { ErrorNotice } from "./notice";

interface SureProps {
	/** On the button that opens the question. */
	label: string;
	/** On the one that does it. */
	action: string;
	onDo: () => Promise<void>;
	danger?: boolean;
	primary?: boolean;
	disabled?: boolean;
	children: ComponentChildren;
}

export function Sure({ label, action, onDo, danger, primary, disabled, children }: SureProps) {
	const [asked, setAsked] = useState(false);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	async function act(event: Event): Promise<void> {
		event.preventDefault();
		if (busy) return;
		setBusy(true);
		setError(undefined);
		try {
			await onDo();
			setAsked(false);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	if (!asked)
		return <button type="button" class={`ask${primary ? " primary" : ""}${danger ? " danger" : ""}`} disabled={disabled} onClick={() => setAsked(true)}>{label}</button>;
	return (
		<form class="stack card asked" onSubmit={(event) => void act(event)} aria-busy={busy}>
			{children}
			{error ? <ErrorNotice error={error} /> : null}
			<div class="row">
				<button class={danger ? "danger" : "primary"} disabled={busy}>{busy ? t("sure.doing") : action}</button>
				<button type="button" onClick={() => setAsked(false)}>{t("base.cancel")}</button>
			</div>
		</form>
	);
}
