/* What two people wrote apart: open conflicts, the dangerous ones first; and what else does not count yet. */
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { place, type Screen } from "../router";
import { ConflictCard, JustSettled, type Conflict } from "../ui/conflict";
import { Icon } from "../ui/icons";
import { Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";

interface List {
	fields: Conflict[];
	total: number;
	more: boolean;
	left: { document: { kind: string; id: string; title?: string; label: Words }; count: number }[];
	quarantine: { entries: number };
	notices: (Words & { noticed: string })[];
}

function Conflicts({ list, patient }: { list: List; patient: string | null }) {
	const dangerous = list.fields.filter((one) => one.class === "safety");
	const others = list.fields.filter((one) => one.class !== "safety");
	return (
		<>
			{list.fields.length === 0 ? (
				<div class="empty card"><Icon name="check" size={40} /><p>{t("conflicts.none")}</p></div>
			) : <p class="quiet" role="status">{tn("conflicts.count", list.total)}</p>}
			{dangerous.length ? (
				<section class="stack">
					<h2>{t("conflicts.dangerous")}</h2>
					<ul class="stack">{dangerous.map((one) => <ConflictCard key={one.place} conflict={one} withWhere={!patient} />)}</ul>
				</section>
			) : null}
			{others.length ? (
				<section class="stack">
					<h2>{t("conflicts.others")}</h2>
					<p class="quiet small">{t("conflicts.othersWhat")}</p>
					<ul class="stack">{others.map((one) => <ConflictCard key={one.place} conflict={one} withWhere={!patient} />)}</ul>
				</section>
			) : null}
			{list.left.map((left) => (
				<p key={left.document.id} class="small">{tn("conflicts.left", left.count)} {left.document.kind === "dossier" ? <a class="target" href={`#/conflicts?patient=${left.document.id}`}>{left.document.title ?? say(left.document.label)}</a> : say(left.document.label)}</p>
			))}
			{!patient && list.quarantine.entries ? <Notice kind="warn">{tn("conflicts.quarantine", list.quarantine.entries)}</Notice> : null}
			{patient ? null : list.notices.map((notice) => <Notice key={notice.noticed + notice.fr} kind="calm">{say(notice)}</Notice>)}
		</>
	);
}

function ConflictsView() {
	const patient = place().query.get("patient");
	const from = useData<List>(`/api/conflicts${patient ? `?patient=${patient}` : ""}`);
	return (
		<ScreenFrame title={t("conflicts.title")} under={t("conflicts.what")} backTo={patient ? `/patients/${patient}` : "/more"}>
			<JustSettled patient={patient} />
			<Loaded from={from}>{(list) => <Conflicts list={list} patient={patient} />}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/conflicts", view: ConflictsView, under: "/more", more: { order: 44, label: "conflicts.title", icon: "conflict" } };
