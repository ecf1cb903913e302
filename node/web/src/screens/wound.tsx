/* A wound over time: last week's photo beside today's, sizes compared, every check below. */
import { useState } from "preact/hooks";
import type { Photo } from "../api/photos";
import { choiceOf, useSchema } from "../api/schema";
import { useData } from "../api/store";
import { short } from "../api/versions";
import type { Check, Difference, Wound, Wounds } from "../api/wounds";
import type { Screen } from "../router";
import { Icon } from "../ui/icons";
import { Select } from "../ui/inputs";
import { Notice } from "../ui/notice";
import { PatientFrame } from "../ui/patient-frame";
import { PhotoPlace, Picture, Thumbnail, usePhotos } from "../ui/photo";
import { Plot } from "../ui/plot";
import { Loaded } from "../ui/screen";
import { Age, OnDevices } from "../ui/trust";
import { CheckFacts, daysBetween, TrendTag, WoundFacts } from "../ui/wound-parts";
import { decimal, say, signed, t, tn } from "../words";
import { dayOf, shortDay, when } from "../words/dates";

interface Shown {
	patient: string;
	wound: Wound;
	find: (id: string | undefined) => Photo | undefined;
}

function checkDay(check: Check): string {
	return shortDay(dayOf(check.at));
}

/* "Last week", "3 days before" */
function beforeWords(earlier: Check, later: Check): string {
	if (later.sinceWeek?.check === earlier.id) return t("wounds.before.week");
	const days = daysBetween(dayOf(earlier.at), dayOf(later.at));
	return days === 0 ? t("wounds.before.sameDay") : tn("wounds.before.days", days);
}

function Side({ shown, check, words }: { shown: Shown; check: Check; words: string }) {
	const photo = shown.find(check.photo);
	const alt = t("wounds.alt", { site: shown.wound.site ?? "", day: checkDay(check) });
	return (
		<figure class="tight">
			<figcaption>
				<strong>{words}</strong> <span class="small quiet">{checkDay(check)}</span>
			</figcaption>
			{photo ? <Picture key={photo.id} patient={shown.patient} photo={photo} alt={alt} /> : <p class="no-photo quiet small">{t("wounds.noPhoto")}</p>}
			<CheckFacts check={check} />
		</figure>
	);
}

function Changes({ difference }: { difference: Difference }) {
	const { surface, percent, pain, trend } = difference;
	return (
		<p class="row">
			<TrendTag trend={trend} />
			{surface === undefined ? null : percent === undefined ? (
				<span>{t("wounds.change", { change: signed(surface) })}</span>
			) : (
				<span>{t("wounds.changePercent", { change: signed(surface), percent: signed(String(percent)) })}</span>
			)}
			{pain ? <span>{t("wounds.painChange", { change: signed(String(pain)) })}</span> : null}
		</p>
	);
}

function Beside({ shown }: { shown: Shown }) {
	const [later, ...earlier] = shown.wound.checks;
	const [chosen, choose] = useState("");
	const [large, setLarge] = useState(false);
	if (!later) return null;
	const usual = later.sinceWeek?.check ?? later.sincePrevious?.check ?? earlier[0]?.id;
	const other = earlier.find((check) => check.id === (chosen || usual));
	const difference = [later.sinceWeek, later.sincePrevious].find((one) => one && one.check === other?.id);
	return (
		<section class="card stack">
			<h2>{t("wounds.beside")}</h2>
			{difference ? <Changes difference={difference} /> : null}
			<div class={`beside${large ? " large" : ""}`}>
				{other ? <Side key={other.id} shown={shown} check={other} words={beforeWords(other, later)} /> : null}
				<Side key={later.id} shown={shown} check={later} words={dayOf(later.at) === dayOf() ? t("wounds.today") : t("wounds.last")} />
			</div>
			{other ? <button type="button" onClick={() => setLarge(!large)}>{large ? t("wounds.smaller") : t("wounds.larger")}</button> : null}
			{earlier.length > 1 ? (
				<Select id="compare" label={t("wounds.with")} options={earlier.map((check) => ({ value: check.id, text: `${when(check.at)} · ${beforeWords(check, later)}` }))} value={chosen || (usual ?? "")} onChoose={choose} />
			) : null}
			{other ? null : <p class="quiet small">{t("wounds.oneOnly")}</p>}
		</section>
	);
}

function Surface({ wound }: { wound: Wound }) {
	const points = wound.checks
		.filter((check) => check.surface !== undefined)
		.map((check) => ({ at: check.at, value: Number(check.surface) }))
		.reverse();
	const [first, last] = [points[0], points[points.length - 1]];
	if (points.length < 3 || !first || !last) return null;
	return (
		<section class="card tight">
			<Plot
				title={t("wounds.plot")}
				summary={t("wounds.plotSummary", { first: decimal(String(first.value)), last: decimal(String(last.value)), n: points.length })}
				unit="cm²"
				series={[{ label: t("wounds.plot"), points }]}
				kind="line"
				min={0}
			/>
		</section>
	);
}

function History({ shown }: { shown: Shown }) {
	return (
		<section class="card stack">
			<h2>{t("wounds.history")}</h2>
			<ul class="stack">
				{shown.wound.checks.map((check) => {
					const photo = shown.find(check.photo);
					return (
						<li key={check.id} class="wound-row">
							{photo ? <Thumbnail photo={photo} alt={t("wounds.alt", { site: shown.wound.site ?? "", day: checkDay(check) })} /> : null}
							<div class="line-text">
								<p class="row">
									<strong>{when(check.at)}</strong> <TrendTag trend={check.sincePrevious?.trend} />
								</p>
								<CheckFacts check={check} />
								{check.note ? <p class="prose small">{check.note}</p> : null}
								{check.versions ? <span class="tag warn">{t("wounds.versions")}</span> : null}
							</div>
						</li>
					);
				})}
			</ul>
		</section>
	);
}

function WoundShown({ patient, wound, reply }: { patient: string; wound: Wound; reply: Wounds }) {
	const schema = useSchema();
	const { photos, find } = usePhotos(patient);
	const shown: Shown = { patient, wound, find };
	const checked = new Set(wound.checks.map((check) => check.photo));
	const loose = photos.filter((photo) => photo.wound === short(wound.id) && !checked.has(short(photo.id)));
	return (
		<>
			<div class="row apart">
				<WoundFacts wound={wound} />
				<Age age={reply.age} />
			</div>
			<div class="row">
				<span class={`tag${wound.state === "healed" ? " good" : ""}`}>{say(choiceOf(schema, "wound", "state", wound.state ?? "open"))}</span>
				<TrendTag trend={wound.trend} />
				<OnDevices on={wound.on} holders={reply.holders} />
			</div>
			{wound.attention ? <Notice kind={wound.attention.urgency === "now" ? "bad" : "warn"}>{say(wound.attention)}</Notice> : null}
			{wound.note ? <p class="prose">{String(wound.note)}</p> : null}
			<a class="button primary wide-button" href={`#/patients/${patient}/wounds/${wound.id}/check`}>
				<Icon name="camera" size={20} /> {t("wounds.newCheck")}
			</a>
			<Beside shown={shown} />
			<Surface wound={wound} />
			{wound.checks.length ? <History shown={shown} /> : <p class="empty card">{t("wounds.neverChecked")}</p>}
			{loose.length ? (
				<section class="card stack">
					<h2>{t("wounds.loose")}</h2>
					<ul class="stack">
						{loose.map((photo) => (
							<li key={photo.id} class="wound-row">
								<Thumbnail photo={photo} alt={photo.caption ?? when(photo.at)} />
								<div class="line-text">
									<strong>{when(photo.at)}</strong>
									{photo.caption ? <span class="quiet small">{photo.caption}</span> : null}
									<PhotoPlace photo={photo} />
								</div>
							</li>
						))}
					</ul>
				</section>
			) : null}
			<a class="button" href={`#/patients/${patient}/edit/wound/${wound.id}`}>{t("wounds.state")}</a>
		</>
	);
}

function WoundView({ params }: { params: Record<string, string> }) {
	const { id = "", wound: wanted = "" } = params;
	const from = useData<Wounds>(`/api/patients/${id}/wounds`, ["news", "meeting"]);
	const wound = from.data?.wounds.find((one) => one.id === wanted);
	return (
		<PatientFrame id={id} title={wound?.site ?? t("wounds.one")} backTo={`/patients/${id}/wounds`}>
			<Loaded from={from}>{(reply) => (wound ? <WoundShown patient={id} wound={wound} reply={reply} /> : <p class="empty card">{t("wounds.notHere")}</p>)}</Loaded>
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/wounds/:wound", view: WoundView, under: "/patients" };
