/* What a night practice is told of the visits that it was given, of patients who agreed: to be printed or read out. */
import { useData } from "../api/store";
import type { Age as AgeType, Person, RoundVisit } from "../api/types";
import { choiceOf, useSchema } from "../api/schema";
import { go, place, type Screen } from "../router";
import { Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Age } from "../ui/trust";
import { say, t } from "../words";
import { addDays, clock, dayOf, longDay } from "../words/dates";

interface Sheet {
	day: string;
	visits: (RoundVisit & { responsible: (Person & { phone?: string })[] })[];
	noConsent: RoundVisit[];
	age: AgeType;
}

function Told({ visit }: { visit: Sheet["visits"][number] }) {
	const schema = useSchema();
	const address = [visit.street, visit.complement, [visit.postcode, visit.town].filter(Boolean).join(" ")].filter(Boolean).join(", ");
	return (
		<li class="card tight">
			<h2><span class="time">{clock(visit.at)}</span> {visit.name}</h2>
			<p>{address}</p>
			{visit.doorCode || visit.keys ? <p>{t("cabinet.access")} <strong class="code">{visit.doorCode}</strong> {visit.keys}</p> : null}
			{visit.mobile ?? visit.phone ? <p>{visit.mobile ?? visit.phone}</p> : null}
			{visit.alerts?.length || visit.allergies ? (
				<Notice kind="bad">
					<ul class="tight">
						{visit.alerts?.map((alert) => <li key={alert.id}><strong>{say(choiceOf(schema, "alert", "type", alert.type))}</strong> {String(alert.what ?? "")}</li>)}
						{visit.allergies ? <li><strong>{t("round.allergies")}</strong> {visit.allergies}</li> : null}
					</ul>
				</Notice>
			) : null}
			<ul class="tight todo">{visit.items?.map((item) => <li key={item.id}><strong>{item.target}</strong> {item.detail ? <span class="prose">{item.detail}</span> : null}</li>)}</ul>
			{visit.urgent?.map((note) => <p key={note.id}><span class="tag warn">{t("patient.urgent")}</span> {String(note.data ?? "")}</p>)}
			<p>{t("cabinet.responsible")} {visit.responsible.length ? visit.responsible.map((one) => [one.name, one.phone].filter(Boolean).join(" ")).join(", ") : <span class="tag bad">{t("cabinet.nobody")}</span>}</p>
		</li>
	);
}

function CabinetView({ params }: { params: Record<string, string> }) {
	const entry = params.id ?? "";
	const day = place().query.get("day") ?? dayOf();
	const from = useData<Sheet>(`/api/round/cabinets/${entry}?day=${day}`, ["news", "work"]);
	const directory = useData<{ records: { id: string; name?: string; organization?: string }[] }>("/api/records/directoryEntry").data?.records ?? [];
	const one = directory.find((other) => other.id === entry);
	const to = (other: string): void => go(`/cabinets/${entry}?day=${other}`, true);
	return (
		<ScreenFrame title={t("cabinet.title", { name: one?.organization ?? one?.name ?? "" })} under={longDay(day)} backTo="/week">
			<div class="row">
				<button type="button" onClick={() => to(addDays(day, -1))}>{t("round.before")}</button>
				<button type="button" onClick={() => to(addDays(day, 1))}>{t("round.after")}</button>
				<button type="button" class="primary" onClick={() => print()}>{t("cabinet.print")}</button>
			</div>
			<Loaded from={from}>
				{(sheet) => (
					<>
						<Age age={sheet.age} />
						{sheet.noConsent.length ? (
							<Notice kind="bad">
								<strong>{t("cabinet.noConsent")}</strong>
								<ul class="tight">{sheet.noConsent.map((visit) => <li key={visit.id}>{clock(visit.at)} {visit.name} <a class="target" href={`#/patients/${visit.patient}/add/consent?scope=night-cabinet`}>{t("cabinet.askConsent")}</a></li>)}</ul>
							</Notice>
						) : null}
						{sheet.visits.length ? <ul class="stack">{sheet.visits.map((visit) => <Told key={visit.id} visit={visit} />)}</ul> : <p class="empty card">{t("cabinet.none")}</p>}
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/cabinets/:id", view: CabinetView, under: "/more" };
