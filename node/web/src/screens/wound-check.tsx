/* A wound is looked at: the photo, once there is a consent; sizes with those before beside; one save. */
import { useState } from "preact/hooks";
import { useData } from "../api/store";
import { short } from "../api/versions";
import type { Check, Wound, Wounds } from "../api/wounds";
import { go, type Screen } from "../router";
import { PhotoConsent } from "../ui/consent";
import type { FieldProps } from "../ui/field";
import { RecordForm } from "../ui/form";
import { PatientFrame } from "../ui/patient-frame";
import { PhotoPlace, Thumbnail, usePhotos } from "../ui/photo";
import { Loaded } from "../ui/screen";
import { TakePhoto } from "../ui/take-photo";
import { sizeWords } from "../ui/wound-parts";
import { decimal, t } from "../words";
import { nowMoment } from "../words/clock";
import { when } from "../words/dates";

const FIELDS = ["photo", "length", "width", "depth", "tissue", "exudate", "pain", "note", "at"];
const STAGED = "pressure";

/** The photo of this check: the field holds its id. */
function PhotoSlot({ props, patient, wound, consented, onWaiting }: { props: FieldProps; patient: string; wound: Wound; consented: boolean; onWaiting: (waits: boolean) => void }) {
	const { find } = usePhotos(patient);
	const [again, setAgain] = useState(false);
	const taken = find(props.value as string | undefined);
	if (props.value && !again)
		return (
			<section class="card stack">
				<h2>{t("wounds.photoSlot")}</h2>
				<div class="wound-row">
					{taken ? <Thumbnail photo={taken} alt={t("wounds.photoSlot")} /> : null}
					<div class="line-text">
						<strong>{t("wounds.taken")}</strong>
						{taken ? <PhotoPlace photo={taken} /> : null}
						<button type="button" onClick={() => setAgain(true)}>{t("wounds.another")}</button>
					</div>
				</div>
			</section>
		);
	const saved = (id: string): void => {
		props.onValue(short(id));
		setAgain(false);
	};
	return (
		<section class="card stack">
			<h2>{t("wounds.photoSlot")}</h2>
			<TakePhoto patient={patient} what={t("wounds.photoFor")} fields={{ wound: short(wound.id) }} problems={props.problems} onSaved={saved} onWaiting={onWaiting} consented={consented} />
		</section>
	);
}

function typedSize(values: Record<string, unknown>): string {
	const side = (name: string): string | undefined => (values[name] ? String(values[name]) : undefined);
	const [length, width] = [side("length"), side("width")];
	const surface = length && width ? Number(length) * Number(width) : NaN;
	const size = sizeWords({ ...(length ? { length } : {}), ...(width ? { width } : {}) } as Check);
	return Number.isNaN(surface) ? size : `${size} (${t("wounds.surface", { n: decimal(surface.toFixed(2)) })})`;
}

/** What was measured before, while one types. */
function Before({ last, values }: { last: Check | undefined; values: Record<string, unknown> }) {
	const now = typedSize(values);
	if (!last || !sizeWords(last)) return null;
	return (
		<p class="small">
			{t("wounds.lastSize", { when: when(last.at), size: `${sizeWords(last)}${last.surface ? ` (${t("wounds.surface", { n: decimal(last.surface) })})` : ""}` })}
			{now ? <strong> {t("wounds.nowSize", { size: now })}</strong> : null}
		</p>
	);
}

function CheckForm({ patient, wound, reply }: { patient: string; wound: Wound; reply: Wounds }) {
	const [waiting, setWaiting] = useState(false);
	const back = (): void => go(`/patients/${patient}/wounds/${wound.id}`, true);
	const fields = wound.type === STAGED ? [...FIELDS.slice(0, 4), "stage", ...FIELDS.slice(4)] : FIELDS;
	return (
		<>
			<PhotoConsent patient={patient} inForce={reply.photoConsent} />
			<RecordForm
				kind="woundCheck"
				where={patient}
				about={wound.id}
				fields={fields}
				preset={{ wound: short(wound.id), at: nowMoment() }}
				draw={{ photo: (props) => <PhotoSlot props={props} patient={patient} wound={wound} consented={reply.photoConsent} onWaiting={setWaiting} /> }}
				waits={waiting ? t("photo.waiting") : undefined}
				beside={(values) => <Before last={wound.checks[0]} values={values} />}
				onSaved={back}
				onCancel={back}
			/>
		</>
	);
}

function CheckView({ params }: { params: Record<string, string> }) {
	const { id = "", wound: wanted = "" } = params;
	const from = useData<Wounds>(`/api/patients/${id}/wounds`, ["news", "meeting"]);
	const wound = from.data?.wounds.find((one) => one.id === wanted);
	return (
		<PatientFrame id={id} title={wound ? `${t("wounds.follow")} · ${wound.site ?? ""}` : t("wounds.follow")} backTo={`/patients/${id}/wounds/${wanted}`}>
			<Loaded from={from}>{(reply) => (wound ? <CheckForm patient={id} wound={wound} reply={reply} /> : <p class="empty card">{t("wounds.notHere")}</p>)}</Loaded>
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/wounds/:wound/check", view: CheckView, under: "/patients" };
