/* Photos of a dossier: the small picture at once, the whole one when it is looked at; where it is. */
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../api/client";
import { readPhoto, type Photo } from "../api/photos";
import { useData } from "../api/store";
import { short } from "../api/versions";
import { t, tn } from "../words";
import { Icon } from "./icons";
import { ErrorNotice, Notice } from "./notice";
import { Progress } from "./progress";

/** The patient's photos, newest first; `find` takes the digits that records refer by. */
export function usePhotos(patient: string): { photos: Photo[]; isThere: boolean; find: (id: string | undefined) => Photo | undefined } {
	const data = useData<{ photos: Photo[] }>(`/api/patients/${patient}/photos?thumbnails=1`, ["news", "meeting"]).data;
	const photos = data?.photos ?? [];
	return { photos, isThere: data !== undefined, find: (id) => (id ? photos.find((photo) => short(photo.id) === short(id)) : undefined) };
}

export function kilobytes(bytes: number): number {
	return Math.max(1, Math.round(bytes / 1000));
}

function Small({ photo, alt }: { photo: Photo; alt: string }) {
	if (!photo.thumbnail) return <span class="thumb empty-thumb"><Icon name="only" /></span>;
	return <img class="thumb" src={`data:image/jpeg;base64,${photo.thumbnail}`} alt={alt} />;
}

export { Small as Thumbnail };

/** "on 2 other devices", "only here", or how much of it has come. */
export function PhotoPlace({ photo }: { photo: Photo }) {
	if (!photo.complete)
		return (
			<p class="trust only">
				<Icon name="down" size={16} /> {t("photo.partly", { read: photo.received, of: photo.pieces })}
			</p>
		);
	if (photo.otherDevices === 0)
		return (
			<p class="trust only">
				<Icon name="only" size={16} /> {photo.relays ? tn("photo.onlyRelay", photo.relays) : t("base.onlyHere")}
			</p>
		);
	return (
		<p class="trust">
			<Icon name="devices" size={16} /> {tn("base.onDevices", photo.otherDevices)}
		</p>
	);
}

interface Reading {
	url?: string;
	read: number;
	of: number;
	error?: ApiError;
}

/* The picture lives in this page's memory, and goes when it is left. */
function useWhole(patient: string, photo: Photo): Reading {
	const [reading, setReading] = useState<Reading>({ read: 0, of: photo.pieces });
	useEffect(() => {
		const stop = new AbortController();
		let url: string | undefined;
		readPhoto(patient, photo.id, (read, of) => setReading({ read, of }), stop.signal)
			.then((blob) => {
				if (stop.signal.aborted) return;
				url = URL.createObjectURL(blob);
				setReading({ url, read: photo.pieces, of: photo.pieces });
			})
			.catch((problem: unknown) => {
				if (problem instanceof ApiError && !stop.signal.aborted) setReading({ read: 0, of: photo.pieces, error: problem });
			});
		return () => {
			stop.abort();
			if (url) URL.revokeObjectURL(url);
		};
	}, [patient, photo.id, photo.complete]);
	return reading;
}

/** The whole picture; a PDF as a file to be opened elsewhere, with what that means. */
export function Picture({ patient, photo, alt }: { patient: string; photo: Photo; alt: string }) {
	const { url, read, of, error } = useWhole(patient, photo);
	const isPdf = photo.mediaType === "application/pdf";
	const name = `document-${short(photo.id)}.pdf`;
	return (
		<div class="picture tight">
			{isPdf ? (
				url ? (
					<Notice kind="warn">
						<p>{t("photo.pdf")}</p>
						<a class="button" href={url} download={name}>{t("photo.pdfSave")}</a>
					</Notice>
				) : null
			) : url || photo.thumbnail ? (
				<img src={url ?? `data:image/jpeg;base64,${photo.thumbnail ?? ""}`} width={photo.width} height={photo.height} alt={alt} data-whole={url ? "yes" : "no"} />
			) : null}
			{error ? error.code === "NOTFOUND" ? <p class="small quiet">{t("photo.comes")}</p> : <ErrorNotice error={error} /> : null}
			{!url && !error ? <Progress text={t("photo.reading")} done={kilobytes((photo.bytes * read) / Math.max(1, of))} of={kilobytes(photo.bytes)} /> : null}
			<PhotoPlace photo={photo} />
		</div>
	);
}
