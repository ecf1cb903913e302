/* A patient's wounds: where, what kind, since when, how they go; the last photo of each. */
import { short } from "../api/versions";
import { useData } from "../api/store";
import type { Holder } from "../api/types";
import type { Wound, Wounds } from "../api/wounds";
import { choiceOf, useSchema } from "../api/schema";
import { go, type Screen } from "../router";
import { RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { PatientFrame } from "../ui/patient-frame";
import { Thumbnail, usePhotos } from "../ui/photo";
import { Loaded } from "../ui/screen";
import { Age, OnDevices } from "../ui/trust";
import { sizeWords, TrendTag, WoundFacts } from "../ui/wound-parts";
import { decimal, say, t } from "../words";
import { when } from "../words/dates";

const FIELDS = ["type", "site", "since", "note"];

function WoundCard({ patient, wound, holders }: { patient: string; wound: Wound; holders: Holder[] }) {
	const schema = useSchema();
	const { photos, find } = usePhotos(patient);
	const last = wound.checks[0];
	const photo = find(wound.checks.find((check) => check.photo)?.photo) ?? photos.find((one) => one.wound === short(wound.id));
	return (
		<li class="card tight">
			<div class="wound-row">
				{photo ? <Thumbnail photo={photo} alt="" /> : null}
				<div class="line-text">
					<h2>
						<a href={`#/patients/${patient}/wounds/${wound.id}`}>{wound.site}</a>
					</h2>
					<WoundFacts wound={wound} />
					<p class="row">
						{wound.state === "healed" ? <span class="tag good">{say(choiceOf(schema, "wound", "state", wound.state))}</span> : <TrendTag trend={wound.trend} />}
						<span>{sizeWords(last)}</span>
						{last?.surface ? <span class="quiet">{t("wounds.surface", { n: decimal(last.surface) })}</span> : null}
					</p>
					<p class="small quiet">{last ? t("wounds.lastCheck", { when: when(last.at) }) : t("wounds.neverChecked")}</p>
				</div>
			</div>
			{wound.attention ? <Notice kind={wound.attention.urgency === "now" ? "bad" : "warn"}>{say(wound.attention)}</Notice> : null}
			<OnDevices on={wound.on} holders={holders} />
			{wound.state === "healed" ? null : (
				<a class="button" href={`#/patients/${patient}/wounds/${wound.id}/check`}>
					<Icon name="camera" size={20} /> {t("wounds.newCheck")}
				</a>
			)}
		</li>
	);
}

function WoundsView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const from = useData<Wounds>(`/api/patients/${id}/wounds`, ["news", "meeting"]);
	return (
		<PatientFrame id={id} title={t("wounds.title")} backTo={`/patients/${id}`}>
			<Loaded from={from}>
				{({ wounds, holders, age }) => (
					<>
						<Age age={age} />
						{wounds.length ? (
							<ul class="stack">{wounds.map((wound) => <WoundCard key={wound.id} patient={id} wound={wound} holders={holders} />)}</ul>
						) : (
							<p class="empty card">{t("wounds.none")}</p>
						)}
						<a class="button" href={`#/patients/${id}/wounds/new`}>
							<Icon name="plus" size={20} /> {t("wounds.add")}
						</a>
						<a class="button" href={`#/patients/${id}/photos`}>{t("wounds.allPhotos")}</a>
					</>
				)}
			</Loaded>
		</PatientFrame>
	);
}

function NewView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	return (
		<PatientFrame id={id} title={t("wounds.new")} backTo={`/patients/${id}/wounds`}>
			<RecordForm kind="wound" where={id} fields={FIELDS} onSaved={(saved) => go(`/patients/${id}/wounds/${saved.id}`, true)} onCancel={() => go(`/patients/${id}/wounds`, true)} />
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/wounds", view: WoundsView, under: "/patients" };
export const screenNew: Screen = { path: "/patients/:id/wounds/new", view: NewView, under: "/patients" };
