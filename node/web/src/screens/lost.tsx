/* Journey 9: a phone is lost. Which one; what becomes of it; who knows already; what existed only there; a new one. Two taps from "More". */
import { useState } from "preact/hooks";
import { ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import { deviceNumber, peopleOf, usePeer, useTeam, type Member, type Someone, type Team } from "../api/team";
import type { Peer } from "../api/types";
import type { Screen } from "../router";
import { useStatus } from "../session";
import { Confirm } from "../ui/confirm";
import { Icon } from "../ui/icons";
import { Choices } from "../ui/inputs";
import { Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { when } from "../words/dates";
import { deviceState } from "./members";

interface Held {
	heard: boolean;
	knownBeyond: number;
	photosOnlyThere: number;
	feeds: { compartment: string; entries: number; knownBeyond: number; onOthers: number; last?: string }[];
}

const REASONS = ["lost", "stolen", "replaced"] as const;

/* ---- Which one ---- */

function DeviceChoice({ someone, device }: { someone: Someone; device: Member }) {
	const peer = usePeer(device.device);
	return (
		<li>
			<a class="line" href={`#/lost/${device.device}`}>
				<Icon name="only" />
				<span class="line-text">
					<strong>{someone.name}</strong>
					<span class="small quiet">{deviceState(device, peer)} · <span class="number">{deviceNumber(device.device).slice(0, 9)}</span></span>
				</span>
				<Icon name="next" size={20} />
			</a>
		</li>
	);
}

/** Those that may be lost; those whose loss goes on being told. */
function Choice({ team }: { team: Team }) {
	const all = peopleOf(team).flatMap((someone) => someone.devices.map((device) => ({ someone, device })));
	const here = all.filter(({ device }) => !device.self && (device.state === "active" || device.state === "pending"));
	const out = all.filter(({ device }) => device.state === "suspended" || device.state === "removed");
	return (
		<>
			<p>{t("lost.which")}</p>
			{here.length ? <ul class="rows devices">{here.map((one) => <DeviceChoice key={one.device.device} {...one} />)}</ul> : <p class="quiet">{t("sync.alone")}</p>}
			<p class="quiet">{t("lost.own")}</p>
			{out.length ? (
				<section class="tight">
					<h2>{t("lost.before")}</h2>
					<ul class="rows">{out.map((one) => <DeviceChoice key={one.device.device} {...one} />)}</ul>
				</section>
			) : null}
		</>
	);
}

function LostView() {
	return (
		<ScreenFrame title={t("lost.title")} backTo="/more">
			<Loaded from={useTeam()}>{(team) => <Choice team={team} />}</Loaded>
		</ScreenFrame>
	);
}

/* ---- What existed only there ---- */

function moments(held: Held): string | undefined {
	return held.feeds.map((feed) => feed.last ?? "").sort().pop() || undefined;
}

function OnlyThere({ device }: { device: string }) {
	const from = useData<Held>(`/api/members/${device}/held`, ["news", "meeting"]);
	return (
		<section class="card stack acts">
			<h2>{t("lost.only")}</h2>
			<Loaded from={from}>
				{(held) => {
					const last = moments(held);
					const missing = held.feeds.filter((feed) => feed.knownBeyond);
					const alone = held.feeds.filter((feed) => feed.onOthers === 0 && feed.entries).reduce((sum, feed) => sum + feed.entries, 0);
					return (
						<>
							{last ? <p>{t("lost.upto", { when: when(last) })}</p> : <p>{t("lost.nothingHere")}</p>}
							{missing.length ? (
								<ul class="bullets">{missing.map((feed, i) => <li key={i}>{tn("lost.beyond", feed.knownBeyond, { what: t(`lost.part.${feed.compartment}`) })}</li>)}</ul>
							) : (
								<p>{t(held.heard ? "lost.noneKnown" : "lost.neverHeard")}</p>
							)}
							{held.photosOnlyThere ? <p>{tn("lost.photos", held.photosOnlyThere)}</p> : null}
							{alone ? <p class="trust only"><Icon name="only" size={16} /> {tn("lost.alone", alone)}</p> : null}
							<p class="quiet">{t("lost.unknown")}</p>
						</>
					);
				}}
			</Loaded>
		</section>
	);
}

/* ---- Before ---- */

function Before({ someone, device }: { someone: Someone; device: Member }) {
	const [reason, setReason] = useState<string>(REASONS[0]);
	const last = someone.devices.filter((one) => one.state === "active").length === 1;
	async function remove(): Promise<void> {
		await ask("POST", `/api/members/${device.device}/remove`, { reason });
		touchAll();
	}
	return (
		<section class="card stack acts">
			<h2>{t("lost.what")}</h2>
			<ul class="bullets">
				<li>{t("lost.cut")}</li>
				<li>{t("lost.keys")}</li>
				<li>{t("lost.invitations")}</li>
				<li>{t("lost.kept")}</li>
				<li>{t("lost.readable")}</li>
			</ul>
			{last ? <Notice kind="calm">{t("lost.last", { name: someone.name })}</Notice> : null}
			<Confirm label={t("lost.remove")} yes={t("lost.removeDo")} danger onYes={remove}>
				<p>{t("lost.sure", { name: someone.name })} <span class="number">{deviceNumber(device.device)}</span></p>
				<Choices id="reason" label={t("base.reason")} options={REASONS.map((value) => ({ value, text: t(`lost.reason.${value}`) }))} value={reason} onChoose={setReason} />
			</Confirm>
		</section>
	);
}

/* ---- After ---- */

function knows(peer: Peer): boolean {
	return peer.acknowledged && peer.missingMembership === 0;
}

function Spread() {
	const peers = (useStatus()?.peers ?? []).filter((peer) => peer.role !== "relay");
	const done = peers.filter(knows).length;
	if (peers.length === 0) return <p>{t("lost.nobodyElse")}</p>;
	return (
		<section class="card stack acts">
			<h2>{t("lost.spread")}</h2>
			<Progress text={t("lost.know")} done={done} of={peers.length} />
			<ul class="tight">
				{peers.map((peer) => (
					<li key={peer.device} class="row apart">
						<span>{say(peer.name)}</span>
						<span class={`tag ${knows(peer) ? "good" : "warn"}`}>{knows(peer) ? t("lost.knows") : peer.met ? t("lost.notYet", { when: when(peer.met) }) : t("lost.notMet")}</span>
					</li>
				))}
			</ul>
			<p class="quiet">{t("lost.spreadWhat")}</p>
		</section>
	);
}

function After({ someone, device }: { someone: Someone; device: Member }) {
	async function back(): Promise<void> {
		await ask("POST", `/api/people/${someone.person}/reinstate`, {});
		touchAll();
	}
	return (
		<>
			<Notice kind="good" live>
				<strong>{t(device.state === "suspended" ? "lost.isSuspended" : "lost.isRemoved")}</strong> {device.ended ? t("lost.by", { when: when(device.ended.at), who: say(device.ended.by) }) : ""}
			</Notice>
			<Spread />
			<section class="card stack acts">
				<h2>{t("lost.restore")}</h2>
				<ol class="steps">
					<li>{t("lost.restore1")}</li>
					<li>{t("lost.restore2", { name: someone.name })}</li>
					<li>{t("lost.restore3")}</li>
					<li>{t("lost.restore4")}</li>
				</ol>
				{device.state === "suspended" ? <p>{t("lost.restoreSuspended")}</p> : null}
				<a class="button primary" href={`#/invite?person=${someone.person}`}>{t("lost.newPhone")}</a>
			</section>
			{device.state === "suspended" ? (
				<section class="card stack acts">
					<h2>{t("lost.found")}</h2>
					<Confirm label={t("members.ask.reinstate")} onYes={back}><p>{t("lost.foundWhat")}</p></Confirm>
				</section>
			) : (
				<p class="quiet">{t("lost.foundRemoved")}</p>
			)}
		</>
	);
}

function LostDeviceView({ params }: { params: Record<string, string> }) {
	const from = useTeam();
	const someone = from.data ? peopleOf(from.data).find((one) => one.devices.some((device) => device.device === params.device)) : undefined;
	const device = someone?.devices.find((one) => one.device === params.device);
	const peer = usePeer(params.device ?? "");
	return (
		<ScreenFrame title={someone ? t("lost.of", { name: someone.name }) : t("lost.title")} under={device?.state === "active" ? deviceState(device, peer) : undefined} backTo="/lost">
			<Loaded from={from}>
				{() =>
					someone && device ? (
						<>
							{device.state === "active" || device.state === "pending" ? <Before someone={someone} device={device} /> : <After someone={someone} device={device} />}
							<OnlyThere device={device.device} />
						</>
					) : (
						<p>{t("base.error.notFound")}</p>
					)
				}
			</Loaded>
		</ScreenFrame>
	);
}

export const screenList: Screen = { path: "/lost", view: LostView, under: "/more", more: { order: 72, label: "lost.title", icon: "alert", roles: ["nurse", "billing"] } };
export const screenDevice: Screen = { path: "/lost/:device", view: LostDeviceView, under: "/more" };
