/* Without a network: what colleagues lack goes into a file, on a stick or by a message; such a file is taken in. Its carrier reads nothing. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll } from "../api/store";
import { peopleOf, useTeam } from "../api/team";
import type { Screen } from "../router";
import { megabytes } from "../ui/bytes";
import { Select, TextInput, Tick } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { ScreenFrame } from "../ui/screen";
import { t, tn } from "../words";

interface Piece {
	bundle: number;
	done: boolean;
	erasing?: boolean;
}

interface Written extends Piece {
	entries: number;
	entriesExpected: number;
	bytes: number;
	devices: number;
	invitations: number;
	files: string[];
}

interface Report {
	file: string;
	taken: number;
	refused: number;
	whole: boolean;
	full: boolean;
	own?: boolean;
	volume?: number;
	volumes?: number;
	asks?: { admitted: boolean; again: boolean; error?: { message: string } };
	joined?: string;
	error?: { code: string; message: string };
}

interface Taken extends Piece {
	bytes: number;
	bytesExpected: number;
	file: number;
	files: number;
	taken: number;
	refused: number;
	waiting: number;
	quarantine: number;
	ended?: Report;
}

const ERASING_MS = 1000;

/** Asked for again and again until it is done: the last piece; each is shown. */
async function inPieces<T extends Piece>(path: string, body: object, onPiece: (piece: T) => void): Promise<void> {
	let piece = await ask<T>("POST", path, body);
	onPiece(piece);
	while (!piece.done) {
		if (piece.erasing) await new Promise((done) => setTimeout(done, ERASING_MS));
		piece = await ask<T>("POST", path, { ...body, bundle: piece.bundle });
		onPiece(piece);
	}
}

function Export() {
	const team = useTeam().data;
	const [path, setPath] = useState("");
	const [whom, setWhom] = useState("");
	const [all, setAll] = useState(false);
	const [piece, setPiece] = useState<Written>();
	const [error, setError] = useState<ApiError>();
	const busy = piece !== undefined && !piece.done && !error;
	const people = team ? peopleOf(team).filter((one) => one.inTeam && one.devices.some((device) => !device.self)) : [];
	async function write(event: Event): Promise<void> {
		event.preventDefault();
		setError(undefined);
		setPiece(undefined);
		await inPieces<Written>("/api/bundle/export", { path: path.trim(), ...(whom ? { for: whom } : {}), ...(all ? { all } : {}) }, setPiece).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
	}
	return (
		<form class="card stack acts" onSubmit={(event) => void write(event)} aria-busy={busy}>
			<h2>{t("stick.write")}</h2>
			<p>{t("stick.writeWhat")}</p>
			<TextInput id="stick-to" label={t("stick.where")} help={t("stick.whereHelp")} value={path} onInput={setPath} />
			<Select id="stick-whom" label={t("stick.whom")} options={people.map((one) => ({ value: one.person, text: one.name }))} value={whom} onChoose={setWhom} />
			<Tick checked={all} onChange={setAll}>{t("stick.all")}</Tick>
			{error ? <ErrorNotice error={error} /> : null}
			{busy ? <Progress text={piece.erasing ? t("stick.erasing") : t("stick.writing")} done={piece.entries ?? 0} of={Math.max(1, piece.entriesExpected ?? 1)} /> : null}
			{piece?.done && !error ? (
				<Notice kind="good" live>
					{tn("stick.written", piece.entries, { size: megabytes(piece.bytes) })} {tn("stick.for", piece.devices)}
					<ul class="bullets">{piece.files.map((file) => <li key={file} class="number">{file}</li>)}</ul>
				</Notice>
			) : null}
			<button disabled={busy || path.trim() === ""}>{t("stick.writeDo")}</button>
		</form>
	);
}

function ReportLine({ report }: { report: Report }) {
	const name = report.file.split("/").pop() ?? report.file;
	const good = !report.error && report.whole;
	return (
		<li>
			{t("copy.pair", { name, value: tn("stick.taken", report.taken) })}{report.refused ? ` ${tn("stick.refused", report.refused)}` : ""}
			{report.own ? ` ${t("stick.own")}` : ""}
			{report.full ? ` ${t("stick.full")}` : ""}
			{report.asks ? ` ${t(report.asks.admitted ? "stick.admitted" : "stick.notAdmitted")} ${report.asks.error?.message ?? ""}` : ""}
			{report.joined ? ` ${t("stick.joined")}` : ""}
			{good ? null : <span class="problem"> {t("stick.damaged")} {report.error?.message ?? ""}</span>}
		</li>
	);
}

function Import() {
	const [path, setPath] = useState("");
	const [piece, setPiece] = useState<Taken>();
	const [reports, setReports] = useState<Report[]>([]);
	const [error, setError] = useState<ApiError>();
	const busy = piece !== undefined && !piece.done && !error;
	async function take(event: Event): Promise<void> {
		event.preventDefault();
		setError(undefined);
		setPiece(undefined);
		setReports([]);
		const show = (next: Taken): void => {
			setPiece(next);
			const ended = next.ended;
			if (ended) setReports((before) => [...before, ended]);
		};
		await inPieces<Taken>("/api/bundle/import", { path: path.trim() }, show).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	return (
		<form class="card stack acts" onSubmit={(event) => void take(event)} aria-busy={busy}>
			<h2>{t("stick.read")}</h2>
			<p>{t("stick.readWhat")}</p>
			<TextInput id="stick-from" label={t("stick.from")} help={t("stick.whereHelp")} value={path} onInput={setPath} />
			{error ? <ErrorNotice error={error} /> : null}
			{busy ? <Progress text={t("stick.reading")} done={Math.round(piece.bytes / 1000)} of={Math.max(1, Math.round(piece.bytesExpected / 1000))} /> : null}
			{reports.length ? (
				<Notice kind={reports.every((one) => !one.error && one.whole) ? "good" : "warn"} live>
					<ul class="bullets">{reports.map((report) => <ReportLine key={report.file} report={report} />)}</ul>
					{piece?.waiting ? <p>{tn("stick.waiting", piece.waiting)}</p> : null}
					{piece?.quarantine ? <a href="#/quarantine">{tn("quarantine.count", piece.quarantine)}</a> : null}
				</Notice>
			) : null}
			<button disabled={busy || path.trim() === ""}>{t("stick.readDo")}</button>
		</form>
	);
}

function StickView() {
	return (
		<ScreenFrame title={t("stick.title")} backTo="/sync">
			<p>{t("stick.what")}</p>
			<div class="two">
				<Export />
				<Import />
			</div>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/stick", view: StickView, under: "/more", more: { order: 76, label: "stick.title", icon: "up" } };
