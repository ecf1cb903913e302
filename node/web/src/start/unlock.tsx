/* A locked device: nothing of it is shown, and the passphrase opens it. */
import { useEffect, useRef, useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { link } from "../api/link";
import { forget, touchAll } from "../api/store";
import type { Status } from "../api/types";
import { Icon } from "../ui/icons";
import { Notice, sentenceOf } from "../ui/notice";
import { useWait } from "../ui/wait";
import { say, t } from "../words";

function wrongOf(error: ApiError): string {
	if (error.status === 0) return t("start.gone.title");
	return error.code === "PASSPHRASE" ? t("start.unlock.wrong") : sentenceOf(error);
}

export function Unlock({ status }: { status?: Status }) {
	const field = useRef<HTMLInputElement>(null);
	const [busy, setBusy] = useState(false);
	const [shown, setShown] = useState(false);
	const [wrong, setWrong] = useState("");
	const [wait, setWait] = useWait();
	useEffect(() => field.current?.focus(), []);

	async function open(event: Event): Promise<void> {
		event.preventDefault();
		const input = field.current;
		if (!input?.value || busy || wait) return;
		setBusy(true);
		setWrong("");
		try {
			await ask("POST", "/api/unlock", { passphrase: input.value });
			input.value = "";
			forget();
			link.set("here");
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) {
				if (typeof problem.body.waitMs === "number") setWait(problem.body.waitMs);
				else setWrong(wrongOf(problem));
			}
			input.select();
			input.focus();
		}
		setBusy(false);
	}

	return (
		<main class="whole">
			<Icon name="lock" size={40} />
			<h1>{t("start.unlock.title")}</h1>
			<p>{t("start.unlock.why")}</p>
			{status?.failed ? <Notice kind="bad">{t("start.unlock.failed")} {say({ fr: status.failed.fr, en: status.failed.message })}</Notice> : null}
			<form onSubmit={(event) => void open(event)} class="stack" aria-busy={busy}>
				<label class="field">
					<span class="label">{t("start.unlock.passphrase")}</span>
					<input
						ref={field}
						type={shown ? "text" : "password"}
						autocomplete="current-password"
						autocapitalize="off"
						spellcheck={false}
						aria-invalid={wrong !== ""}
						aria-describedby="unlock-said"
					/>
				</label>
				<label class="tick">
					<input type="checkbox" checked={shown} onChange={(event) => setShown(event.currentTarget.checked)} />
					<span>{t("start.unlock.show")}</span>
				</label>
				<div id="unlock-said" role="alert">
					{wrong ? <p class="problem">{wrong}</p> : null}
					{wait ? <p class="problem">{t("start.unlock.wait", { n: wait })}</p> : null}
				</div>
				<button class="primary" disabled={busy || wait > 0}>
					{busy ? t("start.unlock.busy") : t("start.unlock.open")}
				</button>
			</form>
			<details>
				<summary>{t("start.unlock.forgotten")}</summary>
				<p>{t("start.unlock.forgottenDo")}</p>
			</details>
		</main>
	);
}
