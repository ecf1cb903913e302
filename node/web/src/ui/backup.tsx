/* A backup of this device: when the last one was made, and another one, piece by piece with numbers. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll } from "../api/store";
import type { Settings } from "../api/team";
import { t } from "../words";
import { ago, when } from "../words/dates";
import { megabytes } from "./bytes";
import { Copy } from "./copy";
import { TextInput } from "./inputs";
import { ErrorNotice, Notice } from "./notice";
import { Progress } from "./progress";

interface Piece {
	backup: number;
	done: boolean;
	file: string;
	bytes: number;
	bytesExpected: number;
	damaged: number;
}

const OLD_DAYS = 31;

function Last({ backup }: { backup: Settings["backup"] }) {
	if (!backup) return <Notice kind="warn">{t("settings.backup.never")}</Notice>;
	const old = Date.now() - new Date(backup.made).getTime() > OLD_DAYS * 24 * 3600 * 1000;
	return (
		<Notice kind={old ? "warn" : "good"}>
			<p>{t("settings.backup.last", { when: when(backup.made), ago: ago(backup.made), size: megabytes(backup.bytes) })}</p>
			<p class="number">{backup.file}</p>
		</Notice>
	);
}

export function Backup({ last, onDone }: { last: Settings["backup"]; onDone: () => void }) {
	const [file, setFile] = useState("");
	const [piece, setPiece] = useState<Piece>();
	const [error, setError] = useState<ApiError>();
	const busy = piece !== undefined && !piece.done && !error;
	async function make(event: Event): Promise<void> {
		event.preventDefault();
		if (busy) return;
		setError(undefined);
		setPiece(undefined);
		try {
			let next = await ask<Piece>("POST", "/api/backup", { file: file.trim() });
			setPiece(next);
			while (!next.done) {
				next = await ask<Piece>("POST", "/api/backup", { backup: next.backup });
				setPiece(next);
			}
			onDone();
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<section class="card stack acts" id="backup">
			<h2>{t("settings.backup.title")}</h2>
			<Last backup={last} />
			<p>{t("settings.backup.what")}</p>
			<form class="stack" onSubmit={(event) => void make(event)} aria-busy={busy}>
				<TextInput id="backup-file" label={t("settings.backup.file")} help={t("settings.backup.fileHelp")} value={file} onInput={setFile} />
				{error ? <ErrorNotice error={error} /> : null}
				{busy ? <Progress text={t("settings.backup.writing")} done={Math.round(piece.bytes / 1000)} of={Math.max(1, Math.round(Math.max(piece.bytes, piece.bytesExpected) / 1000))} /> : null}
				{piece?.done && !error ? <Notice kind={piece.damaged ? "bad" : "good"} live>{t(piece.damaged ? "settings.backup.damaged" : "settings.backup.done", { size: megabytes(piece.bytes), n: piece.damaged })}</Notice> : null}
				<button disabled={busy || file.trim() === ""}>{t("settings.backup.make")}</button>
			</form>
			<details>
				<summary>{t("settings.backup.rehearse")}</summary>
				<div class="stack">
					<p>{t("settings.backup.rehearseWhat")}</p>
					<Copy text={`releve backup check ${last?.file ?? file ?? ""}`.trim()} label={t("settings.backup.rehearse")} />
					<p>{t("settings.backup.restoreWhat")}</p>
				</div>
			</details>
		</section>
	);
}
