/* Every photo and document of a patient's file, each opened where it stands; and a document that is added. */
import { useState } from "preact/hooks";
import type { Photo } from "../api/photos";
import { useData } from "../api/store";
import { short } from "../api/versions";
import type { Wounds } from "../api/wounds";
import { go, type Screen } from "../router";
import { Icon } from "../ui/icons";
import { TextInput } from "../ui/inputs";
import { PatientFrame } from "../ui/patient-frame";
import { PhotoPlace, Picture, Thumbnail, usePhotos } from "../ui/photo";
import { TakePhoto } from "../ui/take-photo";
import { t } from "../words";
import { when } from "../words/dates";

const PAGE = 24;

function PhotoRow({ patient, photo, site }: { patient: string; photo: Photo; site: string | undefined }) {
	const [open, setOpen] = useState(false);
	const name = photo.caption || (site ? t("photos.wound", { site }) : t("photos.without"));
	return (
		<li class="card tight">
			<div class="wound-row">
				<Thumbnail photo={photo} alt="" />
				<div class="line-text">
					<strong>{name}</strong>
					<span class="quiet small">{[when(photo.at), photo.page ? t("photos.pageOf", { n: photo.page }) : ""].filter(Boolean).join(" · ")}</span>
					{open ? null : <PhotoPlace photo={photo} />}
				</div>
			</div>
			<button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>{open ? t("photos.close") : t("photos.open")}</button>
			{open ? <Picture patient={patient} photo={photo} alt={`${name}, ${when(photo.at)}`} /> : null}
		</li>
	);
}

function PhotosView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const { photos, isThere } = usePhotos(id);
	const [shown, setShown] = useState(PAGE);
	const wounds = useData<Wounds>(`/api/patients/${id}/wounds`).data?.wounds ?? [];
	const siteOf = (photo: Photo): string | undefined => wounds.find((wound) => short(wound.id) === photo.wound)?.site;
	return (
		<PatientFrame id={id} title={t("photos.title")} backTo={`/patients/${id}`}>
			<a class="button" href={`#/patients/${id}/photos/new`}>
				<Icon name="plus" size={20} /> {t("photos.add")}
			</a>
			{isThere && photos.length === 0 ? <p class="empty card">{t("photos.none")}</p> : null}
			<ul class="stack">{photos.slice(0, shown).map((photo) => <PhotoRow key={photo.id} patient={id} photo={photo} site={siteOf(photo)} />)}</ul>
			{photos.length > shown ? <button type="button" class="wide-button" onClick={() => setShown(shown + PAGE)}>{t("patients.more", { shown, total: photos.length })}</button> : null}
		</PatientFrame>
	);
}

function NewView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const [caption, setCaption] = useState("");
	return (
		<PatientFrame id={id} title={t("photos.add")} backTo={`/patients/${id}/photos`}>
			<section class="card stack">
				<TextInput id="caption" label={t("photos.caption")} help={t("photos.captionHelp")} value={caption} onInput={setCaption} />
				<TakePhoto patient={id} what={t("photos.for")} scan fields={caption.trim() ? { caption: caption.trim() } : {}} onSaved={() => go(`/patients/${id}/photos`, true)} />
			</section>
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/photos", view: PhotosView, under: "/patients" };
export const screenNew: Screen = { path: "/patients/:id/photos/new", view: NewView, under: "/patients" };
