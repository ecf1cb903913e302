/* A photo is taken within the application: from the camera into this page's memory, from there to the program, never into a gallery.
 * Whose file it goes into stands large beside the button. */
import { useEffect, useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { sendFile } from "../api/photos";
import { link } from "../api/link";
import { touchAll, useData } from "../api/store";
import type { Problem } from "../api/client";
import type { Visit } from "../api/types";
import { patientName } from "../screens/patients";
import { t } from "../words";
import { Icon } from "./icons";
import { Problems } from "./inputs";
import { ErrorNotice, Notice } from "./notice";
import { bornOn, usePatient } from "./patient-frame";
import { kilobytes } from "./photo";
import { Progress } from "./progress";

/* Taken and not yet in the file: in memory alone, there again when one comes back to the form, gone when the device is locked. */
const waiting = new Map<string, File>();
link.listen(() => {
	if (link.state === "locked" || link.state === "stranger") waiting.clear();
});

/** Whose file this is, as large as a name can be; and whether a visit runs at somebody else's. */
function Whose({ patient, what }: { patient: string; what: string }) {
	const who = usePatient(patient);
	const running = useData<{ visit: Visit | null }>("/api/visits/running", ["visit", "news"]).data?.visit;
	const other = usePatient(running && running.patient !== patient ? running.patient : "");
	if (!who) return null;
	return (
		<>
			<div class="guard">
				<span>{what}</span>
				<strong>{patientName(who)}</strong>
				<span>{bornOn(who)}</span>
			</div>
			{other ? <Notice kind="bad" live>{t("photo.otherVisit", { other: patientName(other), name: patientName(who) })}</Notice> : null}
		</>
	);
}

/* Covers the button that it belongs to, so that a tap anywhere on it opens the camera. */
function Camera({ text, scan, primary, onFile }: { text: string; scan: boolean; primary: boolean; onFile: (file: File) => void }) {
	const chosen = (event: { currentTarget: HTMLInputElement }): void => {
		const file = event.currentTarget.files?.[0];
		if (file) onFile(file);
		event.currentTarget.value = ""; /* the same file again is chosen again */
	};
	return (
		<label class={`button take${primary ? " primary wide-button" : ""}`}>
			<Icon name={scan ? "up" : "camera"} size={20} /> {text}
			{scan ? <input type="file" accept="image/*,application/pdf" onChange={chosen} /> : <input type="file" accept="image/*" capture="environment" onChange={chosen} />}
		</label>
	);
}

function Preview({ file }: { file: File }) {
	const [url, setUrl] = useState("");
	useEffect(() => {
		const made = URL.createObjectURL(file);
		setUrl(made);
		return () => URL.revokeObjectURL(made);
	}, [file]);
	if (file.type === "application/pdf") return <p class="card">{t("photo.isPdf", { kb: kilobytes(file.size).toLocaleString() })}</p>;
	return (
		<figure class="picture tight">
			{url ? <img class="preview" src={url} alt={t("photo.preview")} /> : null}
			<figcaption class="quiet small">{t("photo.notYet", { kb: kilobytes(file.size).toLocaleString() })}</figcaption>
		</figure>
	);
}

interface TakePhotoProps {
	patient: string;
	/** "Photo for the file of" */
	what: string;
	/** What the photo is saved with: the wound, words. */
	fields?: Record<string, unknown>;
	/** A document may come as a file, too; a wound is photographed. */
	scan?: boolean;
	problems?: Problem[];
	/** Is there one that was taken and is not in the file yet? */
	onWaiting?: (waits: boolean) => void;
	/** False: one is asked for first, and the camera does not open. */
	consented?: boolean;
	onSaved: (id: string) => void;
}

export function TakePhoto({ patient, what, fields = {}, scan = false, problems, onWaiting, consented = true, onSaved }: TakePhotoProps) {
	const place = `${patient} ${String(fields.wound ?? what)}`;
	const [file, setTaken] = useState<File | undefined>(() => waiting.get(place));
	const [sent, setSent] = useState<number>();
	const [error, setError] = useState<ApiError>();
	const who = usePatient(patient);
	useEffect(() => onWaiting?.(file !== undefined), []);
	function hold(taken: File | undefined): void {
		if (taken) waiting.set(place, taken);
		else waiting.delete(place);
		setTaken(taken);
		onWaiting?.(taken !== undefined);
	}
	async function save(): Promise<void> {
		if (!file || sent !== undefined) return;
		setError(undefined);
		setSent(0);
		try {
			const upload = await sendFile(file, setSent);
			const { id } = await ask<{ id: string }>("POST", `/api/patients/${patient}/photos`, { ...fields, upload });
			touchAll();
			hold(undefined);
			onSaved(id);
		} catch (problem) {
			setError(problem instanceof ApiError ? problem : new ApiError(0, "INTERNAL", String(problem)));
		}
		setSent(undefined);
	}
	const take = (chosen: File): void => {
		setError(undefined);
		hold(chosen);
	};
	const cameras = (
		<>
			<Camera text={file ? t("photo.again") : t("photo.take")} scan={false} primary={!file} onFile={take} />
			{scan ? <Camera text={t("photo.file")} scan primary={false} onFile={take} /> : null}
		</>
	);
	return (
		<div class="stack photo-slot">
			<Whose patient={patient} what={what} />
			{file ? <Preview file={file} /> : null}
			{sent !== undefined && file ? (
				sent < file.size ? <Progress text={t("photo.sending")} done={kilobytes(sent)} of={kilobytes(file.size)} /> : <Progress text={t("photo.looking")} />
			) : file ? (
				<>
					<button type="button" class="primary wide-button" onClick={() => void save()}>
						<Icon name="check" size={20} /> {t("photo.keep", { name: who ? patientName(who) : "" })}
					</button>
					<div class="row">
						{cameras}
						<button type="button" class="plain" onClick={() => hold(undefined)}>{t("photo.drop")}</button>
					</div>
				</>
			) : consented ? (
				cameras
			) : (
				<p class="quiet">{t("photo.askFirst")}</p>
			)}
			{error ? <ErrorNotice error={error} /> : null}
			<Problems id="photo-said" problems={problems} />
			{file || !consented ? null : <p class="quiet small">{scan ? t("photo.scanWhat") : t("photo.what")}</p>}
		</div>
	);
}
