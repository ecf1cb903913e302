/* A facilitator's teams side by side: by what each wrote for her alone. Nobody is named, no patient and no nurse. */
import { useData } from "../api/store";
import { apiOf } from "../api/indicators";
import type { Status, Words } from "../api/types";
import type { Screen } from "../router";
import { Icon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t } from "../words";
import { ago, duration, monthOf, when } from "../words/dates";
import { capital, number, percent } from "../words/money";

interface TeamRow {
	team: string;
	locked: boolean;
	inTeam?: boolean;
	failed?: string;
}

interface Figure {
	numerator: number;
	denominator?: number;
	value?: number;
}

interface Figures {
	patients: Figure | null;
	visits: Figure | null;
	minutes: Figure | null;
	patientTime: Figure | null;
	nurses: Figure | null;
	nursesPerPatient: Figure | null;
	referent: Figure | null;
	sharings: Figure | null;
	daysSinceSharing: Figure | null;
	facilitation: Figure | null;
	training: Figure | null;
	conflicts: Figure | null;
	oldestData: Figure | null;
	onlyHere: Figure | null;
	devices: Figure | null;
	hoursPerNurseWeek: number | null;
	sharingKept: boolean | null;
	facilitationKept: boolean | null;
}

interface Glance {
	team: string;
	month?: string;
	written: boolean;
	figures?: Figures;
	disputed?: boolean;
	broken?: Words;
}

/* The directory "main" is the first team's: no name that anybody gave. */
export function teamName(team: string): string {
	return team === "main" ? t("facilitator.first") : capital(team);
}

function Value({ figure, text }: { figure: Figure | null; text: (value: number) => string }) {
	if (!figure) return <span class="quiet">{t("facilitator.hidden")}</span>;
	return <strong>{text(figure.value ?? figure.numerator)}</strong>;
}

function Kept({ kept }: { kept: boolean | null }) {
	if (kept === null) return null;
	return <span class={`tag ${kept ? "good" : "warn"}`}>{kept ? t("facilitator.kept") : t("facilitator.notKept")}</span>;
}

const whole = (value: number): string => number(value);

function FiguresList({ figures }: { figures: Figures }) {
	return (
		<>
			<h3>{t("facilitator.activity")}</h3>
			<dl class="facts amounts">
				<dt>{t("facilitator.patients")}</dt><dd><Value figure={figures.patients} text={whole} /></dd>
				<dt>{t("facilitator.visits")}</dt><dd><Value figure={figures.visits} text={whole} /></dd>
				<dt>{t("facilitator.hours")}</dt><dd>{figures.minutes ? <strong>{t("facilitator.hoursOf", { n: number(figures.minutes.numerator / 60) })}</strong> : <span class="quiet">{t("facilitator.hidden")}</span>}</dd>
				<dt>{t("facilitator.referent")}</dt><dd><Value figure={figures.referent} text={percent} /></dd>
				<dt>{t("facilitator.nursesPerPatient")}</dt><dd><Value figure={figures.nursesPerPatient} text={(value) => number(value, 1)} /></dd>
			</dl>
			<h3>{t("facilitator.workload")}</h3>
			<dl class="facts amounts">
				<dt>{t("facilitator.nurses")}</dt><dd><Value figure={figures.nurses} text={whole} /></dd>
				<dt>{t("facilitator.perNurse")}</dt><dd>{figures.hoursPerNurseWeek === null ? <span class="quiet">{t("facilitator.hidden")}</span> : <strong>{t("facilitator.hoursOf", { n: number(figures.hoursPerNurseWeek, 1) })}</strong>}</dd>
				<dt>{t("facilitator.patientTime")}</dt><dd><Value figure={figures.patientTime} text={percent} /> <span class="quiet small">{t("facilitator.patientTimeAim")}</span></dd>
			</dl>
			<h3>{t("facilitator.rhythm")}</h3>
			<dl class="facts amounts">
				<dt>{t("facilitator.lastSharing")}</dt><dd>{figures.daysSinceSharing ? <strong>{t("indicators.unit.days", { n: figures.daysSinceSharing.numerator })}</strong> : <span class="quiet">{t("facilitator.noSharing")}</span>} <Kept kept={figures.sharingKept} /></dd>
				<dt>{t("facilitator.sharings")}</dt><dd><Value figure={figures.sharings} text={whole} /></dd>
				<dt>{t("facilitator.facilitation")}</dt><dd><Value figure={figures.facilitation} text={(value) => duration(Math.round(value))} /> <Kept kept={figures.facilitationKept} /></dd>
				<dt>{t("facilitator.training")}</dt><dd><Value figure={figures.training} text={(value) => duration(value)} /></dd>
			</dl>
			<h3>{t("facilitator.health")}</h3>
			<dl class="facts amounts">
				<dt>{t("facilitator.devices")}</dt><dd><Value figure={figures.devices} text={whole} /></dd>
				<dt>{t("facilitator.oldest")}</dt><dd><Value figure={figures.oldestData} text={(value) => t("facilitator.hoursOf", { n: number(value) })} /></dd>
				<dt>{t("facilitator.onlyHere")}</dt><dd><Value figure={figures.onlyHere} text={whole} /></dd>
				<dt>{t("facilitator.conflicts")}</dt><dd><Value figure={figures.conflicts} text={whole} /></dd>
			</dl>
		</>
	);
}

/** When this device last met one of the team's: without whose it was. */
function Met({ team }: { team: string }) {
	const status = useData<Status>(`${apiOf(team)}/status`, ["news", "meeting"]).data;
	const peers = status?.peers ?? [];
	const met = peers.map((peer) => peer.met ?? "").sort().at(-1);
	return (
		<p class="quiet small">
			{peers.some((peer) => peer.connected) ? t("facilitator.near") : met ? t("facilitator.met", { when: when(met), ago: ago(met) }) : t("facilitator.neverMet")}
		</p>
	);
}

function Team({ row, single }: { row: TeamRow; single: boolean }) {
	const from = useData<Glance>(row.locked || row.inTeam === false ? null : `${apiOf(row.team)}/facilitator`, ["news"]);
	return (
		<section class="card stack" aria-labelledby={`team-${row.team}`}>
			<h2 id={`team-${row.team}`}>{single ? t("facilitator.yourTeam") : teamName(row.team)}</h2>
			{row.locked ? <Notice kind="warn">{t("facilitator.locked")}</Notice> : row.inTeam === false ? <Notice kind="calm">{t("facilitator.notJoined")}</Notice> : (
				<>
					<Met team={row.team} />
					<Loaded from={from}>
						{(glance) => (
							<>
								{glance.broken ? <Notice kind="bad">{say(glance.broken)}</Notice> : null}
								{glance.disputed ? <Notice kind="warn">{t("facilitator.disputed")}</Notice> : null}
								{glance.figures ? (
									<>
										<p><span class="tag">{glance.month ? capital(monthOf(glance.month)) : ""}</span></p>
										<FiguresList figures={glance.figures} />
										<a class="button" href={`#/indicators?month=${glance.month ?? ""}${row.team === "main" ? "" : `&team=${row.team}`}`}><Icon name="chart" size={20} /> {t("facilitator.toIndicators")}</a>
									</>
								) : glance.broken ? null : <Notice kind="calm">{t("facilitator.nothingWritten")}</Notice>}
							</>
						)}
					</Loaded>
				</>
			)}
		</section>
	);
}

function FacilitatorView() {
	const from = useData<{ teams: TeamRow[] }>("/api/teams", ["news", "meeting"]);
	return (
		<ScreenFrame title={t("facilitator.title")}>
			<p class="quiet">{t("facilitator.what")}</p>
			<Loaded from={from}>{({ teams }) => <div class="teams">{teams.map((row) => <Team key={row.team} row={row} single={teams.length === 1} />)}</div>}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/facilitator", view: FacilitatorView, nav: { order: 1, label: "facilitator.nav", icon: "team", roles: ["facilitator"] } };
