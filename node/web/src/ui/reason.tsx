/* What is not done without saying why: one tap asks, the next does it. */
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { t } from "../words";
import { TextInput } from "./inputs";
import { ErrorNotice } from "./notice";

export const SAY_WHY = { fr: "Dites pourquoi : vos collègues le liront.", en: "Say why: your colleagues will read it." };

export function WithReason({ id, label, confirm, act }: { id: string; label: string; confirm: string; act: (reason: string) => Promise<void> }) {
	const [isOpen, setOpen] = useState(false);
	const [reason, setReason] = useState("");
	const [isMissing, setMissing] = useState(false);
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	useEffect(() => {
		if (isOpen) document.getElementById(id)?.focus();
	}, [isOpen]);
	async function go(event: Event): Promise<void> {
		event.preventDefault();
		setError(undefined);
		setMissing(reason.trim() === "");
		if (reason.trim() === "" || busy) return;
		setBusy(true);
		try {
			await act(reason.trim());
			setOpen(false);
			setReason("");
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	return (
		<>
			<button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>{label}</button>
			{isOpen ? (
				<form class="stack card asked" onSubmit={(event) => void go(event)} noValidate>
					<TextInput id={id} label={t("base.reason")} value={reason} onInput={setReason} required problems={isMissing && reason.trim() === "" ? [SAY_WHY] : undefined} />
					{error ? <ErrorNotice error={error} /> : null}
					<div class="row">
						<button class="primary" disabled={busy}>{busy ? t("base.saving") : confirm}</button>
						<button type="button" onClick={() => setOpen(false)}>{t("base.cancel")}</button>
					</div>
				</form>
			) : null}
		</>
	);
}
