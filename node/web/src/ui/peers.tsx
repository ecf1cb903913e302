/* Each colleague's device as it stands with this one: what both lack, when it was met, what is wrong with it. */
import type { Peer } from "../api/types";
import { say, t, tn } from "../words";
import { when } from "../words/dates";

const SKEW_MS = 2 * 60 * 1000;

function state(peer: Peer): string {
	if (!peer.connected) return peer.met ? t("sync.lastMet", { when: when(peer.met) }) : t("sync.neverMet");
	return peer.level ? t("sync.level") : t("sync.exchanging");
}

/** How each attempt to reach it ended, as far as people can do something about it. */
function looked(ended: string): string {
	if (ended === "TRUNCATED" || ended === "CLOSED") return t("sync.lookedOther");
	return ended === "" || ended === "OK" ? t("sync.lookedNow") : t("sync.lookedNobody");
}

function Wrong({ peer }: { peer: Peer }) {
	const skew = Math.round((peer.clockSkewMs ?? 0) / 60000);
	return (
		<span class="row">
			{peer.full ? <span class="tag warn">{t("copy.pair", { name: t("sync.full"), value: t(`sync.fullWhy.${["team", "device", "disk"].includes(peer.full.why) ? peer.full.why : "other"}`) })}</span> : null}
			{Math.abs(peer.clockSkewMs ?? 0) > SKEW_MS ? <span class="tag warn">{t(skew > 0 ? "sync.clockAhead" : "sync.clockBehind", { n: Math.abs(skew) })}</span> : null}
			{peer.holdsBack?.entries ? <span class="tag bad">{tn("sync.holdsBack", peer.holdsBack.entries)}</span> : null}
		</span>
	);
}

export function PeerLine({ peer }: { peer: Peer }) {
	const there = peer.missingThere;
	const here = peer.missingHere ?? 0;
	return (
		<li class="line">
			<span class={`dot big${peer.connected ? " on" : ""}`} aria-hidden="true" />
			<span class="line-text">
				<strong>{say(peer.name)}</strong>
				<span class="quiet small">{t(`sync.role.${peer.role}`)} · {state(peer)}</span>
				{peer.connected && (here || there) ? <span>{here ? tn("sync.toCome", here) : ""} {there ? tn("sync.toGive", there) : ""}</span> : null}
				{!peer.connected && peer.acknowledged && there ? <span class="small">{tn("sync.lacks", there)}</span> : null}
				{!peer.connected && peer.acknowledged && !there ? <span class="small">{t("sync.hasAll")}</span> : null}
				{!peer.acknowledged ? <span class="small">{t("sync.noReceipt")}</span> : null}
				{!peer.connected && peer.throughName && peer.heard ? <span class="small quiet">{t("sync.through", { when: when(peer.heard), name: say(peer.throughName) })}</span> : null}
				{!peer.connected ? peer.lookedFor?.map((one) => <span key={one.address} class="small quiet">{t("copy.pair", { name: one.address, value: looked(one.ended) })}</span>) : null}
				<Wrong peer={peer} />
			</span>
		</li>
	);
}
