/* What stands around every screen: where one may go, the visit that runs, and whether colleagues are reached. */
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";
import { link } from "../api/link";
import { useData } from "../api/store";
import type { PatientRow, Status, Visit } from "../api/types";
import { navigationOf, type Screen } from "../router";
import { useEverything, useStatus } from "../session";
import { say, t, tn } from "../words";
import { duration } from "../words/dates";
import { Icon } from "./icons";
import { Notice } from "./notice";
import { Progress } from "./progress";
import { Standing } from "./standing";

const MINUTE_MS = 60000;

function badgeOf(screen: Screen, status: Status | undefined, toRead: number): number {
	if (screen.nav?.badge === "work") return status?.work?.now ?? 0;
	return screen.nav?.badge === "toRead" ? toRead : 0;
}

function Navigation({ current, status }: { current: Screen | undefined; status: Status | undefined }) {
	const shown = navigationOf(status?.role);
	const reads = shown.some((screen) => screen.nav?.badge === "toRead");
	const notes = useData<{ total: number }>(reads ? "/api/transmissions?toRead=1&limit=1" : null, ["news"]).data?.total ?? 0;
	const messages = useData<{ unread: number }>(reads ? "/api/threads?limit=1" : null, ["news"]).data?.unread ?? 0;
	const unread = notes + messages;
	/* a screen that has no entry here is one of those under "More" */
	const here = [current?.under, current?.path, "/more"].find((path) => shown.some((screen) => screen.path === path));
	return (
		<nav class="nav" aria-label={t("base.navigation")}>
			{shown.map((screen) => {
				const count = badgeOf(screen, status, unread);
				return (
					<a key={screen.path} href={`#${screen.path}`} aria-current={screen.path === here ? "page" : undefined}>
						<span class="nav-icon">
							<Icon name={screen.nav?.icon ?? ""} />
							{count ? <span class="badge">{count > 99 ? "99+" : count}</span> : null}
						</span>
						<span>{t(screen.nav?.label ?? "")}</span>
					</a>
				);
			})}
		</nav>
	);
}

/** The minutes since it began, drawn each minute: a number, never a spinner. */
export function useMinutes(start: string | undefined): number {
	const [, draw] = useState(0);
	useEffect(() => {
		const timer = setInterval(() => draw(Date.now()), MINUTE_MS / 4);
		return () => clearInterval(timer);
	}, []);
	return start ? Math.max(0, Math.floor((Date.now() - new Date(start).getTime()) / MINUTE_MS)) : 0;
}

function RunningVisit() {
	const { data } = useData<{ visit: Visit | null; running: Status["visit"] }>("/api/visits/running", ["visit", "news"]);
	const patient = data?.visit?.patient;
	const who = useData<PatientRow>(patient ? `/api/patients/${patient}` : null, []).data;
	const minutes = useMinutes(data?.visit?.start);
	if (!data?.visit) return null;
	const name = [who?.lastName, who?.firstName].filter(Boolean).join(" ");
	return (
		<a class={`running${data.running?.long ? " long" : ""}`} href="#/visit">
			<span class="pulse" aria-hidden="true" />
			<span class="running-text">
				<span>{t("base.running", { name })}</span>
				<strong>{duration(minutes)}</strong>
				{data.running?.long ? <span class="running-long">{say(data.running)}</span> : null}
			</span>
			<Icon name="next" size={20} />
		</a>
	);
}

function Colleagues({ status }: { status: Status | undefined }) {
	/* a relay is no colleague: it holds, and nobody is there */
	const peers = (status?.peers ?? []).filter((peer) => peer.role !== "relay");
	const near = new Set(peers.filter((peer) => peer.connected).map((peer) => peer.person)).size;
	const only = status?.onlyHere?.entries ?? 0;
	const text = !status ? t("base.opening") : peers.length === 0 ? t("base.alone") : near ? tn("base.near", near) : t("base.apart");
	return (
		<a class={`colleagues${near ? " near" : ""}`} href="#/sync">
			<span class="dot" aria-hidden="true" />
			<span>{text}</span>
			{only && peers.length ? <span class="only-count">{tn("base.onlyHereCount", only)}</span> : null}
		</a>
	);
}

/** What concerns everything that is shown. */
function Warnings({ status }: { status: Status | undefined }) {
	const copy = status?.copy;
	return (
		<>
			<Standing status={status} />
			{link.full || status?.database?.diskFull || status?.database?.room === "refuse" ? (
				<Notice kind="bad" live>
					<strong>{t("base.full.title")}</strong> {t("base.full.do")}
				</Notice>
			) : status?.database?.room === "warn" ? (
				<Notice kind="warn">{t("base.full.soon")}</Notice>
			) : null}
			{status?.stopped ? <Notice kind="bad" live>{t("base.stopped")}</Notice> : null}
			{status?.outdated ? <Notice kind="warn">{t("base.outdated")}</Notice> : null}
			{copy?.partial ? (
				<Notice kind="warn">
					{t("base.partial")}
					<Progress text={t("base.partialProgress")} done={copy.records} of={copy.of} />
				</Notice>
			) : null}
		</>
	);
}

export function Layout({ current, mainRef, children }: { current: Screen | undefined; mainRef: RefObject<HTMLElement>; children: ComponentChildren }) {
	useEverything();
	const status = useStatus();
	return (
		<div class="frame">
			<a class="skip" href="#main" onClick={(event) => { event.preventDefault(); mainRef.current?.querySelector<HTMLElement>("h1")?.focus(); }}>
				{t("base.skip")}
			</a>
			<div class="side">
				<p class="brand">Relève</p>
				<Navigation current={current} status={status} />
			</div>
			<div class="top">
				<Colleagues status={status} />
			</div>
			<main ref={mainRef} id="main">
				<Warnings status={status} />
				{children}
			</main>
			{current?.path === "/visit" ? null : <RunningVisit />}
		</div>
	);
}
