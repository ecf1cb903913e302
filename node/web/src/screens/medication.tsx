/* What a patient is to be given on a day, slot by slot; alarms first. */
import type { Medication, Slot } from "../api/medication";
import { useData } from "../api/store";
import { go, place, type Screen } from "../router";
import { MedicationAlarms } from "../ui/alarms";
import { DoseCard, DoseSaid, givenWords, slotTime, useDoses, type Said } from "../ui/doses";
import { Icon } from "../ui/icons";
import { MedicationTabs, NotHere } from "../ui/medication-parts";
import { Notice } from "../ui/notice";
import { PatientFrame } from "../ui/patient-frame";
import { Loaded } from "../ui/screen";
import { say, t, tn } from "../words";
import { addDays, dayOf, longDay } from "../words/dates";

/* What the screen of doses shows anyway, or what belongs to the prescriptions. */
const SHOWN_ABOVE = ["dose-alarm", "duplicate"];

function DayBar({ patient, day }: { patient: string; day: string }) {
	const to = (other: string): void => go(`/patients/${patient}/medication?day=${other}`, true);
	return (
		<div class="row apart daybar">
			<button type="button" class="round-button" aria-label={t("medication.dayBefore")} onClick={() => to(addDays(day, -1))}><Icon name="back" /></button>
			<span class="tight middle">
				<strong>{longDay(day)}</strong>
				{day === dayOf() ? <span class="quiet small">{t("medication.today")}</span> : <button type="button" class="plain" onClick={() => to(dayOf())}>{t("medication.toToday")}</button>}
			</span>
			<button type="button" class="round-button" aria-label={t("medication.dayAfter")} onClick={() => to(addDays(day, 1))}><Icon name="next" /></button>
		</div>
	);
}

/* Slots of one hour stand under it. */
function byTime(slots: Slot[]): [string, Slot[]][] {
	const groups = new Map<string, Slot[]>();
	for (const slot of slots) groups.set(slotTime(slot), [...(groups.get(slotTime(slot)) ?? []), slot]);
	return [...groups];
}

function Doses({ patient, reply, said }: { patient: string; reply: Medication; said: Said }) {
	const day = reply.day;
	const inSlots = new Set(reply.schedule.flatMap((slot) => slot.doses ?? []));
	const others = reply.doses.filter((dose) => !inSlots.has(dose.id) && (dose.slotDay ?? dayOf(dose.at)) === day);
	const ofLine = (slot: Slot): Slot => ({ ...slot, doses: others.filter((dose) => dose.line === slot.line && !dose.mistaken).map((dose) => dose.id) });
	const cards = new Set([...(reply.times ?? []), ...(reply.asNeeded ?? []), ...(reply.unread ?? [])].map((slot) => slot.line));
	const rest = others.filter((dose) => dose.mistaken || !dose.line || !cards.has(dose.line));
	const card = (slot: Slot, beside?: string) => (
		<DoseCard key={`${slot.line} ${slot.at ?? ""} ${day}`} patient={patient} slot={slot} day={day} said={said}>
			{beside ? <p class="small">{beside}</p> : null}
		</DoseCard>
	);
	const without = [
		{ title: t("medication.times"), what: "", slots: reply.times ?? [] },
		{ title: t("medication.asNeeded"), what: "", slots: reply.asNeeded ?? [] },
		{ title: t("medication.unread"), what: t("medication.unreadWhat"), slots: reply.unread ?? [] },
	];
	return (
		<>
			{reply.schedule.length === 0 ? <p class="empty card">{t("medication.nothingDue")}</p> : null}
			{byTime(reply.schedule).map(([time, slots]) => (
				<section key={time} class="tight">
					<h2>{time}</h2>
					<ul class="tight">{slots.map((slot) => card(slot))}</ul>
				</section>
			))}
			{without.map(({ title, what, slots }) =>
				slots.length ? (
					<section key={title} class="tight">
						<h2>{title}</h2>
						{what ? <p class="quiet small">{what}</p> : null}
						<ul class="tight">{slots.map((slot) => card(ofLine(slot), givenWords(slot)))}</ul>
					</section>
				) : null,
			)}
			{rest.length ? (
				<section class="card stack">
					<h2>{t("medication.rest")}</h2>
					<ul class="stack">
						{rest.map((dose) => (
							<li key={dose.id} class="tight">
								<strong>{dose.drug}</strong>
								<DoseSaid dose={dose.id} said={said} />
							</li>
						))}
					</ul>
				</section>
			) : null}
		</>
	);
}

function Attention({ reply }: { reply: Medication }) {
	const shown = reply.attention.filter((item) => !SHOWN_ABOVE.includes(item.type));
	return (
		<>
			{shown.map((item) => <Notice key={item.fr} kind={item.urgency === "now" ? "bad" : item.urgency === "soon" ? "warn" : "calm"}>{say(item)}</Notice>)}
			{reply.attentionLeft ? <p class="quiet">{tn("medication.attentionLeft", reply.attentionLeft)}</p> : null}
		</>
	);
}

function MedicationView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const day = place().query.get("day") ?? dayOf();
	const from = useData<Medication>(`/api/patients/${id}/medication?day=${day}`);
	const said = useDoses(id);
	return (
		<PatientFrame id={id} title={t("medication.title")} backTo={`/patients/${id}`}>
			<MedicationTabs patient={id} current="medication" />
			<Loaded from={from}>
				{(reply) => (
					<>
						<MedicationAlarms patient={id} reply={reply} said={said} />
						<NotHere count={reply.notHere} />
						<DayBar patient={id} day={day} />
						<Doses patient={id} reply={reply} said={said} />
						<Attention reply={reply} />
					</>
				)}
			</Loaded>
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/medication", view: MedicationView, under: "/patients" };
