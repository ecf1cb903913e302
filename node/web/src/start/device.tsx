/* There is no device in the data directory yet: it is made here, under a passphrase. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { link } from "../api/link";
import { forget, touchAll } from "../api/store";
import { Icon } from "../ui/icons";
import { Tick } from "../ui/inputs";
import { Notice, sentenceOf } from "../ui/notice";
import { t } from "../words";

export function MakeDevice() {
	const [first, setFirst] = useState("");
	const [second, setSecond] = useState("");
	const [shown, setShown] = useState(false);
	const [busy, setBusy] = useState(false);
	const [said, setSaid] = useState("");
	async function make(event: Event): Promise<void> {
		event.preventDefault();
		if (busy) return;
		if (first !== second) return setSaid(t("start.device.differ"));
		setBusy(true);
		setSaid("");
		try {
			await ask("POST", "/api/device", { passphrase: first });
			setFirst("");
			setSecond("");
			forget();
			link.set("here");
			touchAll();
		} catch (problem) {
			setSaid(problem instanceof ApiError ? sentenceOf(problem) : String(problem));
		}
		setBusy(false);
	}
	const field = (id: string, label: string, value: string, set: (value: string) => void) => (
		<div class="field">
			<label class="label" for={id}>{label}</label>
			<input id={id} type={shown ? "text" : "password"} autocomplete="new-password" autocapitalize="off" spellcheck={false} value={value} onInput={(event) => set(event.currentTarget.value)} aria-describedby="device-said" />
		</div>
	);
	return (
		<main class="whole">
			<Icon name="key" size={40} />
			<h1>{t("start.device.title")}</h1>
			<p>{t("start.device.what")}</p>
			<Notice kind="warn">{t("start.device.lost")}</Notice>
			<form class="stack" onSubmit={(event) => void make(event)} aria-busy={busy}>
				{field("device-first", t("start.unlock.passphrase"), first, setFirst)}
				{field("device-second", t("start.device.again"), second, setSecond)}
				<Tick checked={shown} onChange={setShown}>{t("start.unlock.show")}</Tick>
				<p id="device-said" role="alert" class="problem">{said}</p>
				<button class="primary" disabled={busy || first === ""}>{busy ? t("start.device.making") : t("start.device.make")}</button>
			</form>
		</main>
	);
}
