/* What wants one's attention, the most urgent first; what can wait is put off on this device. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Words } from "../api/types";
import { go, place, type Screen } from "../router";
import { Icon } from "../ui/icons";
import { ErrorNotice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { mondayOf } from "../ui/week";
import { say, t, tn } from "../words";
import { addDays, dayOf } from "../words/dates";

interface WorkItem extends Words {
	id: string;
	type: string;
	urgency: "now" | "soon" | "note";
	day?: string;
	label: Words;
	mine: boolean;
	patient?: { id: string; name: string };
	document?: { kind: string; id: string };
}

interface List {
	items: WorkItem[];
	total: number;
	leftOut: number;
	notNow: number;
}

/** The screen on which it is settled. */
function whereTo(item: WorkItem): string {
	switch (item.type) {
		case "conflict":
			return item.patient ? `/conflicts?patient=${item.patient.id}` : "/conflicts";
		case "signOffOvertaken":
			return item.patient ? `/patients/${item.patient.id}/signoff` : "";
		case "unclaimed":
		case "handedOver":
		case "missed":
			return item.day ? `/week?from=${mondayOf(item.day)}&day=${item.day}` : "/week";
		case "messageUnread":
			return item.document ? `/messages/${item.document.id}` : "/messages";
		case "sharingDue":
		case "facilitationDue":
		case "peerVisitDue":
		case "interTeamDue":
			return "/meetings";
		case "ruleToSign":
			return "/rules";
		case "transmission":
			return item.patient ? `/patients/${item.patient.id}/messages` : "/read";
		case "plan":
			return item.patient ? `/patients/${item.patient.id}/recurrence` : "";
		default:
			return "";
	}
}

const PAGE = 40;
const URGENCIES = ["now", "soon", "note"] as const;
const LATER_DAYS = [1, 7, 30];

function Later({ item }: { item: WorkItem }) {
	const [error, setError] = useState<ApiError>();
	async function put(days: number): Promise<void> {
		await ask("POST", `/api/work/${item.id}/later`, { until: addDays(dayOf(), days) }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	return (
		<details class="actions">
			<summary class="button plain">{t("work.later")}</summary>
			<div class="row">
				{LATER_DAYS.map((days) => (
					<button key={days} type="button" onClick={() => void put(days)}>{tn("work.days", days)}</button>
				))}
			</div>
			{error ? <ErrorNotice error={error} /> : null}
		</details>
	);
}

function Line({ item }: { item: WorkItem }) {
	return (
		<li class="line">
			<span class="line-text">
				<span class="small quiet">{say(item.label)}</span>
				{item.patient ? <strong><a href={`#/patients/${item.patient.id}`}>{item.patient.name}</a></strong> : null}
				<span>{say(item)}</span>
				{whereTo(item) ? <a class="target" href={`#${whereTo(item)}`}>{t("work.go")}</a> : null}
				<Later item={item} />
			</span>
		</li>
	);
}

function WorkView() {
	const mine = place().query.get("all") !== "1";
	const [limit, setLimit] = useState(PAGE);
	const from = useData<List>(`/api/work?limit=${limit}${mine ? "&mine=1" : ""}`, ["news", "work"]);
	return (
		<ScreenFrame title={t("work.title")}>
			<div class="row tabs">
				<a class="button" aria-current={mine ? "true" : undefined} href="#/work">{t("work.mine")}</a>
				<a class="button" aria-current={mine ? undefined : "true"} href="#/work?all=1" onClick={(event) => { event.preventDefault(); go("/work?all=1"); }}>{t("work.all")}</a>
			</div>
			<Loaded from={from}>
				{(list) => (
					<>
						{list.items.length === 0 ? (
							<div class="empty card"><Icon name="check" size={40} /><p>{t("work.nothing")}</p></div>
						) : null}
						{URGENCIES.map((urgency) => {
							const items = list.items.filter((item) => item.urgency === urgency);
							return items.length ? (
								<section key={urgency} class="tight">
									<h2>{t(`work.${urgency}`)}</h2>
									<ul class={`rows work-${urgency}`}>{items.map((item) => <Line key={item.id} item={item} />)}</ul>
								</section>
							) : null;
						})}
						{list.total > list.items.length ? (
							<button type="button" class="wide-button" onClick={() => setLimit(limit + 2 * PAGE)}>{t("work.more", { shown: list.items.length, total: list.total })}</button>
						) : null}
						{list.leftOut ? <p class="quiet">{tn("work.leftOut", list.leftOut)}</p> : null}
						{list.notNow ? <p class="quiet">{tn("work.putOff", list.notNow)}</p> : null}
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/work", view: WorkView, nav: { order: 4, label: "base.nav.work", icon: "work", badge: "work", roles: ["nurse", "billing", "locum"] } };
