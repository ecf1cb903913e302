/* A device without a team: found one, or join a colleague's. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll } from "../api/store";
import { Icon } from "../ui/icons";
import { sentenceOf } from "../ui/notice";
import { t } from "../words";

interface TextFieldProps {
	label: string;
	help?: string;
	value: string;
	onInput: (value: string) => void;
	mode?: "text" | "numeric";
	rows?: number;
	auto?: string;
}

function TextField({ label, help, value, onInput, mode = "text", rows = 1, auto = "off" }: TextFieldProps) {
	const shared = {
		value,
		inputMode: mode,
		autocomplete: auto,
		onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
	} as const;
	return (
		<label class="field">
			<span class="label">{label}</span>
			{help ? <span class="help">{help}</span> : null}
			{rows > 1 ? <textarea rows={rows} spellcheck={false} autocapitalize="off" {...shared} /> : <input type="text" {...shared} />}
		</label>
	);
}

/** "192.168.1.20:7766", "[2001:db8::20]:7766"; the usual port where none is said. */
export function readAddress(text: string): { ip: string; port: number } | undefined {
	const parts = /^\s*(?:\[([0-9a-fA-F:]+)\]|([0-9.]+))(?::(\d{1,5}))?\s*$/.exec(text);
	const port = Number(parts?.[3] ?? 7766);
	const ip = parts?.[1] ?? parts?.[2];
	return ip && port > 0 && port < 65536 ? { ip, port } : undefined;
}

function Found() {
	const [name, setName] = useState("");
	const [busy, setBusy] = useState(false);
	const [said, setSaid] = useState("");
	async function found(event: Event): Promise<void> {
		event.preventDefault();
		if (name.trim() === "") {
			setSaid(t("start.first.nameNeeded"));
			return;
		}
		setBusy(true);
		try {
			await ask("POST", "/api/team", { name: name.trim() });
			touchAll();
		} catch (problem) {
			setSaid(problem instanceof ApiError ? sentenceOf(problem) : String(problem));
			setBusy(false);
		}
	}
	return (
		<form class="stack card" onSubmit={(event) => void found(event)}>
			<h2>{t("start.first.found")}</h2>
			<p>{t("start.first.foundWhat")}</p>
			<TextField label={t("start.first.name")} value={name} onInput={setName} auto="name" />
			<p role="alert" class="problem">{said}</p>
			<button class="primary" disabled={busy}>{t("start.first.foundDo")}</button>
		</form>
	);
}

function Join() {
	const [words, setWords] = useState("");
	const [address, setAddress] = useState("");
	const [name, setName] = useState("");
	const [busy, setBusy] = useState(false);
	const [said, setSaid] = useState("");
	async function join(event: Event): Promise<void> {
		event.preventDefault();
		const at = readAddress(address);
		if (words.trim() === "") setSaid(t("start.first.wordsNeeded"));
		else if (!at) setSaid(t("start.first.addressWrong"));
		else if (name.trim() === "") setSaid(t("start.first.nameNeeded"));
		else {
			setBusy(true);
			setSaid("");
			try {
				await ask("POST", "/api/join", { invitation: words.trim(), ...at, name: name.trim() });
				touchAll();
			} catch (problem) {
				setSaid(problem instanceof ApiError ? sentenceOf(problem) : String(problem));
			}
			setBusy(false);
		}
	}
	return (
		<form class="stack card" onSubmit={(event) => void join(event)} aria-busy={busy}>
			<h2>{t("start.first.join")}</h2>
			<p>{t("start.first.joinWhat")}</p>
			<TextField label={t("start.first.words")} help={t("start.first.wordsHelp")} value={words} onInput={setWords} rows={3} />
			<TextField label={t("start.first.address")} help={t("start.first.addressHelp")} value={address} onInput={setAddress} />
			<TextField label={t("start.first.name")} value={name} onInput={setName} auto="name" />
			<p role="alert" class="problem">{said}</p>
			<button class="primary" disabled={busy}>{busy ? t("start.first.joining") : t("start.first.joinDo")}</button>
		</form>
	);
}

export function FirstStart() {
	return (
		<main class="whole wide">
			<Icon name="team" size={40} />
			<h1>{t("start.first.title")}</h1>
			<p>{t("start.first.what")}</p>
			<div class="pair">
				<Join />
				<Found />
			</div>
		</main>
	);
}
