/* Who belongs to the team, with which devices; what colleagues ask of this nurse: signatures, choices. */
import { ask } from "../api/client";
import { touchAll } from "../api/store";
import { deviceNumber, peopleOf, usePeer, useTeam, type Ask, type Member, type Someone, type Team } from "../api/team";
import type { Screen } from "../router";
import { useStatus } from "../session";
import { Confirm } from "../ui/confirm";
import { Icon } from "../ui/icons";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { dayOf, shortDay, when } from "../words/dates";

const PATHS: Record<Exclude<Ask["what"], "wait">, (id: string) => string> = {
	confirm: (id) => `/api/proposals/${id}/confirm`,
	choose: (id) => `/api/members/${id}/choose`,
	endorse: (id) => `/api/members/${id}/endorse`,
	reinstate: (id) => `/api/people/${id}/reinstate`,
	remove: (id) => `/api/people/${id}/remove`,
};

function AskCard({ one }: { one: Ask }) {
	const what = one.what;
	if (what === "wait") return <li class="card"><p>{say(one)}</p></li>;
	async function answer(): Promise<void> {
		await ask("POST", PATHS[what as keyof typeof PATHS](one.id), what === "remove" ? { reason: "left" } : {});
		touchAll();
	}
	const ofDevice = what === "choose" || what === "endorse";
	return (
		<li class="card stack">
			<p>{say(one)}</p>
			<Confirm label={t(`members.ask.${what}`)} onYes={answer}>
				<p>{t(`members.askWhat.${what}`)}</p>
				{ofDevice ? <p>{t("members.compare")} <strong class="number">{deviceNumber(one.id)}</strong></p> : null}
			</Confirm>
		</li>
	);
}

/** The state of one device in a few words. */
export function deviceState(device: Member, peer: ReturnType<typeof usePeer>): string {
	if (device.self) return t("members.thisDevice");
	if (device.state !== "active") return t(`members.state.${device.state}`) + (device.ended ? ` · ${when(device.ended.at)}, ${say(device.ended.by)}` : "");
	if (peer?.connected) return peer.level ? t("sync.level") : t("sync.exchanging");
	return peer?.met ? t("sync.lastMet", { when: when(peer.met) }) : t("sync.neverMet");
}

function DeviceWords({ device, several }: { device: Member; several: boolean }) {
	const peer = usePeer(device.device);
	return (
		<span class="small quiet">
			<span class={`dot${peer?.connected ? " on" : ""}`} aria-hidden="true" /> {several ? <span class="number">{deviceNumber(device.device).slice(0, 9)} · </span> : null}
			{deviceState(device, peer)}
		</span>
	);
}

/** Until when somebody has rights, or stays: what everybody should know before planning. */
export function datesOf(member: Member): string {
	const today = dayOf();
	if (member.leavesOn) return t("members.leavesOn", { day: shortDay(dayOf(member.leavesOn)) });
	const from = member.rightsFrom && dayOf(member.rightsFrom) > today ? t("members.from", { day: shortDay(dayOf(member.rightsFrom)) }) : "";
	const until = member.rightsUntil ? t(dayOf(member.rightsUntil) < today ? "members.wasUntil" : "members.until", { day: shortDay(dayOf(member.rightsUntil)) }) : "";
	return [from, until].filter(Boolean).join(", ");
}

function PersonLine({ someone }: { someone: Someone }) {
	const { first, devices } = someone;
	const shown = someone.inTeam ? devices.filter((one) => one.state !== "removed" && one.state !== "void") : devices.slice(-1);
	return (
		<li>
			<a class="line top-line" href={`#/members/${someone.person}`}>
				<Icon name="team" />
				<span class="line-text">
					<strong>{someone.name}{first.self ? ` (${t("members.you")})` : ""}</strong>
					<span>
						{!someone.inTeam ? t("members.gone") : first.state === "active" ? t(`sync.role.${first.role}`) : <span class="tag warn">{t(`members.state.${first.state}`)}</span>}
						{datesOf(first) ? ` · ${datesOf(first)}` : ""}
					</span>
					{shown.map((one) => <DeviceWords key={one.device} device={one} several={shown.length > 1} />)}
				</span>
				<Icon name="next" size={20} />
			</a>
		</li>
	);
}

function TeamView({ team }: { team: Team }) {
	const manages = ["nurse", "billing"].includes(useStatus()?.role ?? "");
	const people = peopleOf(team);
	const inTeam = people.filter((one) => one.inTeam);
	const gone = people.filter((one) => !one.inTeam);
	return (
		<>
			{team.asks.length ? (
				<section class="tight">
					<h2>{t("members.asked")}</h2>
					<ul class="stack asks">{team.asks.map((one) => <AskCard key={one.what + one.id} one={one} />)}</ul>
				</section>
			) : null}
			<p class="quiet" role="status">{tn("members.count", inTeam.length)}</p>
			<ul class="rows people">{inTeam.map((one) => <PersonLine key={one.person} someone={one} />)}</ul>
			<div class="row" hidden={!manages}>
				<a class="button primary" href="#/invite"><Icon name="plus" size={20} /> {t("members.invite")}</a>
				<a class="button danger" href="#/lost"><Icon name="alert" size={20} /> {t("lost.title")}</a>
			</div>
			{gone.length ? (
				<details>
					<summary>{tn("members.left", gone.length)}</summary>
					<ul class="rows">{gone.map((one) => <PersonLine key={one.person} someone={one} />)}</ul>
				</details>
			) : null}
		</>
	);
}

function MembersView() {
	return (
		<ScreenFrame title={t("members.title")} backTo="/more">
			<Loaded from={useTeam()}>{(team) => <TeamView team={team} />}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/members", view: MembersView, under: "/more", more: { order: 70, label: "members.title", icon: "patients" } };
