/* Every visit, newest first: of the team, or of one patient. However many they are, only those near the window are asked for and drawn. */
import { useEffect, useMemo, useState } from "preact/hooks";
import { choiceOf, useSchema } from "../api/schema";
import { isKept, useData } from "../api/store";
import type { Holder, PatientRow, Rec } from "../api/types";
import type { Screen } from "../router";
import { Loaded, ScreenFrame } from "../ui/screen";
import { OnDevices } from "../ui/trust";
import { VirtualList, VirtualRow, type Wanted } from "../ui/virtual";
import { language, say, t, tn } from "../words";
import { duration, monthOf, when } from "../words/dates";
import { patientName } from "./patients";

const PER = 25;
const RESTS_MS = 60; /* blocks that only fly past are not asked for */

interface Page {
	visits: (Rec | null)[];
	total: number;
	months: { month: string; count: number }[];
	holders: Holder[];
}

const pageOf = (n: number): string => `/api/visits?from=${n * PER}&limit=${PER}`;

/** When, how long, and that it did not go as planned. */
function Head({ visit, children }: { visit: Rec; children?: preact.ComponentChildren }) {
	const schema = useSchema();
	const minutes = Math.round((new Date(String(visit.end)).getTime() - new Date(String(visit.start)).getTime()) / 60000);
	return (
		<span class="row">
			<span class="quiet">{when(String(visit.start))}{minutes >= 0 ? ` · ${duration(minutes)}` : ""}</span>
			{children}
			{visit.outcome && visit.outcome !== "done" ? <span class="tag warn">{say(choiceOf(schema, "visit", "outcome", visit.outcome))}</span> : null}
		</span>
	);
}

function TeamRow({ visit }: { visit: Rec | null }) {
	if (!visit) return <p class="line quiet">{t("visits.gone")}</p>;
	return (
		<a class={`line${visit.corrected ? " struck" : ""}`} href={`#/patients/${visit.patient}`}>
			<span class="line-text">
				<strong>{String(visit.patientName ?? "")}</strong>
				<Head visit={visit}><span class="quiet small">{String(visit.byName ?? "")}</span></Head>
			</span>
		</a>
	);
}

/** What stands where visits will be: which ones. */
function Coming({ n, total, height }: { n: number; total: number; height: number }) {
	const number = (place: number): string => place.toLocaleString(language());
	return (
		<div class="long-coming" style={{ height: `${height}px` }}>
			<p class="quiet">{t("visits.coming", { from: number(n * PER + 1), to: number(Math.min(total, (n + 1) * PER)) })}</p>
		</div>
	);
}

function TeamBlock({ n, total, height }: { n: number; total: number; height: number }) {
	const [rests, setRests] = useState(n === 0 || isKept(pageOf(n)));
	useEffect(() => {
		const timer = setTimeout(() => setRests(true), RESTS_MS);
		return () => clearTimeout(timer);
	}, []);
	const from = useData<Page>(rests ? pageOf(n) : null, ["news", "visit"]);
	if (!from.data) return from.error ? <Loaded from={from}>{() => null}</Loaded> : <Coming n={n} total={total} height={height} />;
	return (
		<>
			{from.data.visits.map((visit, i) => (
				<VirtualRow key={visit?.id ?? i} place={n * PER + i} of={total}>
					<TeamRow visit={visit} />
				</VirtualRow>
			))}
		</>
	);
}

function Months({ months, onChoose }: { months: Page["months"]; onChoose: (wanted: Wanted) => void }) {
	const before = (month: string): number => months.slice(0, months.findIndex((one) => one.month === month)).reduce((sum, one) => sum + one.count, 0);
	return (
		<label class="field">
			<span class="label">{t("visits.month")}</span>
			<select onChange={(event) => onChoose({ place: before(event.currentTarget.value) })}>
				{months.map(({ month, count }) => <option key={month} value={month}>{`${monthOf(month)} · ${tn("visits.count", count)}`}</option>)}
			</select>
		</label>
	);
}

function TeamView() {
	const from = useData<Page>(pageOf(0), ["news", "visit"]);
	const [wanted, setWanted] = useState<Wanted>();
	return (
		<ScreenFrame title={t("visits.title")} under={from.data ? tn("visits.count", from.data.total) : "…"} backTo="/more">
			<Loaded from={from}>
				{({ total, months }) =>
					total === 0 ? (
						<p class="empty card">{t("visits.none")}</p>
					) : (
						<>
							<Months months={months} onChoose={setWanted} />
							<VirtualList name="visits" label={t("visits.title")} count={total} per={PER} wanted={wanted} block={(n, height) => <TeamBlock n={n} total={total} height={height} />} />
						</>
					)
				}
			</Loaded>
		</ScreenFrame>
	);
}

function PatientVisitsView({ params }: { params: Record<string, string> }) {
	const id = params.id ?? "";
	const who = useData<PatientRow>(`/api/patients/${id}`).data;
	const from = useData<{ records: Rec[]; holders: Holder[] }>(`/api/patients/${id}/visit?limit=5000`, ["news", "visit"]);
	const count = from.data?.records.length;
	/* they come in the order in which they were written down */
	const records = useMemo(() => [...(from.data?.records ?? [])].sort((a, b) => Date.parse(String(b.start)) - Date.parse(String(a.start))), [from.data]);
	return (
		<ScreenFrame title={t("visits.of")} under={[who ? patientName(who) : "…", count === undefined ? "" : tn("visits.count", count)].filter(Boolean).join(" · ")} backTo={`/patients/${id}`}>
			<Loaded from={from}>
				{({ holders }) =>
					records.length === 0 ? (
						<p class="empty card">{t("visits.none")}</p>
					) : (
						<VirtualList
							name={id}
							label={t("visits.of")}
							count={records.length}
							per={PER}
							block={(n) =>
								records.slice(n * PER, (n + 1) * PER).map((visit, i) => (
									<VirtualRow key={visit.id} place={n * PER + i} of={records.length}>
										<div class={`line${visit.corrected ? " struck" : ""}`}>
											<span class="line-text">
												<Head visit={visit} />
												{visit.note ? <span class="prose">{String(visit.note)}</span> : null}
												<OnDevices on={visit.on} holders={holders} />
											</span>
										</div>
									</VirtualRow>
								))
							}
						/>
					)
				}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/visits", view: TeamView, under: "/more", more: { order: 150, label: "visits.title", icon: "check", roles: ["nurse", "billing", "reader", "locum"] } };
export const screenOfPatient: Screen = { path: "/patients/:id/visits", view: PatientVisitsView, under: "/patients" };
