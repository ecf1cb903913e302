/* Who is away, and when; and what her absence leaves to nobody. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { PlannedDay, Rec } from "../api/types";
import { go, type Screen } from "../router";
import { useCares, useIsNurse } from "../session";
import { RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { isOf, isOpen, usePlanning } from "../ui/week";
import { t, tn } from "../words";
import { addDays, dayOf, longDay, shortDay } from "../words/dates";

const DAYS_MAX = 31;

interface Absence extends Rec {
	person: string;
	name?: string;
	from: string;
	until?: string;
	state?: string;
	note?: string;
}

/** The days of an absence that are still to come, as far as the planning looks: first day and how many. */
function ahead(from: string | undefined, until: string | undefined): { from: string | null; days: number } {
	const today = dayOf();
	const first = from && from > today ? from : today;
	if (!from || (until && until < first)) return { from: null, days: 1 };
	let days = 1;
	while (days < DAYS_MAX && (!until || addDays(first, days) <= until)) days++;
	return { from: first, days };
}

function leftOver(day: PlannedDay, person: string): number {
	return day.visits.filter((visit) => isOpen(visit) && visit.marks.includes("unclaimed") && visit.absent?.some((away) => person.startsWith(away.id))).length;
}

function LeftOver({ absence }: { absence: Absence }) {
	const cares = useCares();
	const [error, setError] = useState<ApiError>();
	const range = ahead(absence.from, absence.until);
	const days = usePlanning(range.from, range.days).data?.days ?? [];
	const open = days.map((day) => ({ day: day.day, count: leftOver(day, absence.person) })).filter(({ count }) => count > 0);
	async function take(day: string): Promise<void> {
		setError(undefined);
		await ask("POST", "/api/round/claim", { day, all: true, nurse: absence.person }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	if (!days.length) return null;
	if (open.length === 0) return <p class="quiet"><Icon name="check" size={16} /> {t("absence.noneLeft")}</p>;
	return (
		<>
			<Notice kind="bad">
				<strong>{tn("absence.left", open.reduce((sum, one) => sum + one.count, 0))}</strong>
				<ul class="tight">
					{open.map(({ day, count }) => (
						<li key={day} class="row apart">
							<a class="target" href={`#/week?from=${day}&day=${day}`}>{longDay(day)} : {tn("week.visits", count)}</a>
							{cares ? <button type="button" onClick={() => void take(day)}>{t("absence.takeDay")}</button> : null}
						</li>
					))}
				</ul>
			</Notice>
			{error ? <ErrorNotice error={error} /> : null}
		</>
	);
}

function AbsenceCard({ absence }: { absence: Absence }) {
	const isNurse = useIsNurse();
	const [error, setError] = useState<ApiError>();
	async function withdraw(): Promise<void> {
		await ask("PATCH", `/api/records/absence/${absence.id}`, { state: "withdrawn" }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	return (
		<li class="card stack">
			<div class="row apart">
				<h2>{absence.name ?? absence.person.slice(0, 8)}</h2>
				<strong>{!absence.until ? t("absence.since", { from: shortDay(absence.from) }) : absence.until === absence.from ? shortDay(absence.from) : t("absence.between", { from: shortDay(absence.from), until: shortDay(absence.until) })}</strong>
			</div>
			{absence.note ? <p class="prose">{absence.note}</p> : null}
			<LeftOver absence={absence} />
			{error ? <ErrorNotice error={error} /> : null}
			{isNurse ? (
				<div class="row">
					<a class="button" href={`#/absences/${absence.id}`}>{t("base.change")}</a>
					<button type="button" class="plain" onClick={() => void withdraw()}>{t("absence.withdraw")}</button>
				</div>
			) : null}
		</li>
	);
}

function AbsencesView() {
	const isNurse = useIsNurse();
	const from = useData<{ absences: Absence[] }>("/api/absences");
	const today = dayOf();
	return (
		<ScreenFrame title={t("absence.title")} backTo="/week">
			{isNurse ? <a class="button" href="#/absences/new"><Icon name="plus" size={20} /> {t("absence.new")}</a> : null}
			<Loaded from={from}>
				{({ absences }) => {
					const coming = absences.filter((one) => one.state !== "withdrawn" && (!one.until || one.until >= today)).sort((a, b) => a.from.localeCompare(b.from));
					return coming.length ? <ul class="stack">{coming.map((one) => <AbsenceCard key={one.id} absence={one} />)}</ul> : <p class="empty card">{t("absence.none")}</p>;
				}}
			</Loaded>
		</ScreenFrame>
	);
}

/** Before it is saved: how many visits will want somebody. */
function Consequence({ values }: { values: Record<string, unknown> }) {
	const person = String(values.person ?? "");
	const range = ahead(values.from ? String(values.from) : undefined, values.until ? String(values.until) : undefined);
	const days = usePlanning(person ? range.from : null, range.days).data?.days ?? [];
	const count = days.reduce((sum, day) => sum + day.visits.filter((visit) => isOpen(visit) && isOf(visit, person)).length, 0);
	return person && days.length ? <Notice kind={count ? "warn" : "calm"}>{count ? tn("absence.willLeave", count) : t("absence.leavesNone")}</Notice> : null;
}

const FIELDS = ["person", "from", "until", "note"];
const done = (): void => go("/absences", true);

function NewView() {
	return (
		<ScreenFrame title={t("absence.new")} under={t("absence.what")} backTo="/absences">
			<RecordForm kind="absence" fields={FIELDS} preset={{ from: dayOf() }} beside={(values) => <Consequence values={values} />} onSaved={done} onCancel={done} />
		</ScreenFrame>
	);
}

function EditView({ params }: { params: Record<string, string> }) {
	const from = useData<{ records: Rec[] }>("/api/records/absence");
	const record = from.data?.records.find((one) => one.id === params.id);
	return (
		<ScreenFrame title={t("absence.one")} backTo="/absences">
			<Loaded from={from}>{() => record ? <RecordForm kind="absence" fields={FIELDS} record={record} beside={(values) => <Consequence values={values} />} onSaved={done} onCancel={done} /> : <p class="empty card">{t("base.error.notFound")}</p>}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/absences", view: AbsencesView, under: "/more", more: { order: 31, label: "absence.title", icon: "door", roles: ["nurse", "billing", "locum", "reader"] } };
export const screenNew: Screen = { path: "/absences/new", view: NewView, under: "/more" };
export const screenEdit: Screen = { path: "/absences/:id", view: EditView, under: "/more" };
