/* Another passphrase for this device: the old one, the new one twice; after wrong tries it has to wait, as when unlocking. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { t } from "../words";
import { Tick } from "./inputs";
import { Notice, sentenceOf } from "./notice";
import { useWait } from "./wait";

interface FieldProps {
	id: string;
	label: string;
	value: string;
	shown: boolean;
	isNew: boolean;
	onInput: (value: string) => void;
}

function Secret({ id, label, value, shown, isNew, onInput }: FieldProps) {
	return (
		<div class="field">
			<label class="label" for={id}>{label}</label>
			<input id={id} type={shown ? "text" : "password"} autocomplete={isNew ? "new-password" : "current-password"} autocapitalize="off" spellcheck={false} value={value} onInput={(event) => onInput(event.currentTarget.value)} aria-describedby="passphrase-said" />
		</div>
	);
}

export function Passphrase() {
	const [old, setOld] = useState("");
	const [first, setFirst] = useState("");
	const [second, setSecond] = useState("");
	const [shown, setShown] = useState(false);
	const [busy, setBusy] = useState(false);
	const [said, setSaid] = useState("");
	const [strength, setStrength] = useState<string>();
	const [wait, setWait] = useWait();
	async function change(event: Event): Promise<void> {
		event.preventDefault();
		if (busy || wait) return;
		setStrength(undefined);
		if (first !== second) return setSaid(t("start.device.differ"));
		setBusy(true);
		setSaid("");
		try {
			setStrength((await ask<{ strength: string }>("POST", "/api/passphrase", { old, new: first })).strength);
			[setOld, setFirst, setSecond].forEach((clear) => clear(""));
		} catch (problem) {
			if (problem instanceof ApiError && typeof problem.body.waitMs === "number") setWait(problem.body.waitMs);
			else if (problem instanceof ApiError) setSaid(problem.code === "PASSPHRASE" ? t("start.unlock.wrong") : sentenceOf(problem));
		}
		setBusy(false);
	}
	return (
		<details class="card acts">
			<summary>{t("settings.passphrase.title")}</summary>
			<form class="stack" onSubmit={(event) => void change(event)} aria-busy={busy}>
				<p>{t("settings.passphrase.what")}</p>
				<Secret id="passphrase-old" label={t("settings.passphrase.old")} value={old} shown={shown} isNew={false} onInput={setOld} />
				<Secret id="passphrase-new" label={t("settings.passphrase.new")} value={first} shown={shown} isNew onInput={setFirst} />
				<Secret id="passphrase-again" label={t("start.device.again")} value={second} shown={shown} isNew onInput={setSecond} />
				<Tick checked={shown} onChange={setShown}>{t("start.unlock.show")}</Tick>
				<p id="passphrase-said" role="alert" class="problem">{wait ? t("start.unlock.wait", { n: wait }) : said}</p>
				{strength ? <Notice kind={strength === "weak" ? "warn" : "good"} live>{t("settings.passphrase.changed")} {t(`settings.passphrase.strength.${strength}`)}</Notice> : null}
				<button disabled={busy || wait > 0 || old === "" || first === ""}>{busy ? t("settings.passphrase.changing") : t("settings.passphrase.change")}</button>
			</form>
		</details>
	);
}
