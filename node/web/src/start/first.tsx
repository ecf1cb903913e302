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

const PERSON = /\b[0-9a-f]{32}\b/;
const ADDRESS = /(?:\[[0-9a-fA-F:]+\]|\b\d{1,3}(?:\.\d{1,3}){3})(?::\d{1,5})?/;

/** What a colleague's screen gives to copy: the words, where her device is, and for another device of one's own who one is; each on a line of its own. */
export function readPasted(text: string): { words: string; address?: string; person?: string } {
	const lines = text.split("\n");
	const address = ADDRESS.exec(text)?.[0];
	const person = PERSON.exec(text)?.[0];
	if (!address && !person) return { words: text };
	const words = lines.filter((line) => !ADDRESS.test(line) && !PERSON.test(line)).map((line) => line.replace(/^[^:0-9]{3,20}:\s/, "")).join(" ").trim();
	return { words, ...(address ? { address } : {}), ...(person ? { person } : {}) };
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
	const [person, setPerson] = useState("");
	const [name, setName] = useState("");
	const [busy, setBusy] = useState(false);
	const [said, setSaid] = useState("");
	function paste(text: string): void {
		const read = readPasted(text);
		setWords(read.words);
		if (read.address) setAddress(read.address);
		if (read.person) setPerson(read.person);
	}
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
				await ask("POST", "/api/join", { invitation: words.trim(), ...at, name: name.trim(), ...(person ? { person } : {}) });
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
			<TextField label={t("start.first.words")} help={t("start.first.wordsHelp")} value={words} onInput={paste} rows={3} />
			<TextField label={t("start.first.address")} help={t("start.first.addressHelp")} value={address} onInput={setAddress} />
			{person ? (
				<div class="tight">
					<p>{t("start.first.again")}</p>
					<button type="button" onClick={() => setPerson("")}>{t("start.first.notAgain")}</button>
				</div>
			) : null}
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
