/* Relays: boxes that hold everything for the team and read nothing; one more is let in by its code. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll } from "../api/store";
import type { Peer } from "../api/types";
import { readAddress } from "../start/first";
import { say, t } from "../words";
import { when } from "../words/dates";
import { Confirm } from "./confirm";
import { TextInput } from "./inputs";
import { ErrorNotice, Notice } from "./notice";

function Relay({ relay }: { relay: Peer }) {
	async function remove(): Promise<void> {
		await ask("POST", `/api/members/${relay.device}/remove`, {});
		touchAll();
	}
	return (
		<li class="tight acts">
			<span>{say(relay.name)} · {relay.met ? t("sync.lastMet", { when: when(relay.met) }) : t("sync.neverMet")}</span>
			<Confirm label={t("settings.relay.remove")} danger onYes={remove}><p>{t("settings.relay.removeWhat")}</p></Confirm>
		</li>
	);
}

export function Relays({ peers }: { peers: Peer[] }) {
	const relays = peers.filter((peer) => peer.role === "relay");
	const [code, setCode] = useState("");
	const [address, setAddress] = useState("");
	const [said, setSaid] = useState("");
	const [done, setDone] = useState(false);
	const [error, setError] = useState<ApiError>();
	async function add(event: Event): Promise<void> {
		event.preventDefault();
		const at = readAddress(address);
		setError(undefined);
		setSaid(at ? "" : t("start.first.addressWrong"));
		if (!at) return;
		try {
			await ask("POST", "/api/relays", { code: code.trim(), ...at });
			setDone(true);
			setCode("");
			setAddress("");
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<details class="card acts">
			<summary>{t("settings.relay.title")}</summary>
			<div class="stack">
				<p>{t("settings.relay.what")}</p>
				{relays.length ? (
					<ul class="stack">{relays.map((relay) => <Relay key={relay.device} relay={relay} />)}</ul>
				) : (
					<p class="quiet">{t("settings.relay.none")}</p>
				)}
				<form class="stack acts" onSubmit={(event) => void add(event)}>
					<TextInput id="relay-code" label={t("settings.relay.code")} help={t("settings.relay.codeHelp")} value={code} onInput={setCode} />
					<TextInput id="relay-address" label={t("settings.relay.address")} help={t("start.first.addressHelp")} value={address} onInput={setAddress} problems={said ? [{ fr: said, en: said }] : undefined} />
					{error ? <ErrorNotice error={error} /> : null}
					{done ? <Notice kind="good" live>{t("settings.relay.done")}</Notice> : null}
					<button disabled={code.trim() === ""}>{t("settings.relay.add")}</button>
				</form>
			</div>
		</details>
	);
}
