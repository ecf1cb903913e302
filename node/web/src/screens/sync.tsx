/* What each colleague's device has, how old what is known of it is, and what stands on this device alone. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Peer, Status, Words } from "../api/types";
import type { Screen } from "../router";
import { readAddress } from "../start/first";
import { Icon } from "../ui/icons";
import { TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { ago, when } from "../words/dates";

interface OnlyHere {
	changes: ({ title?: Words; what?: Words; moment?: string; saved?: string } & Partial<Words>)[];
	entries: number;
	own: number;
	membership: number;
	photos: number;
	more: boolean;
}

function state(peer: Peer): preact.ComponentChildren {
	if (!peer.connected) return peer.met ? t("sync.lastMet", { when: when(peer.met) }) : t("sync.neverMet");
	return peer.level ? t("sync.level") : t("sync.exchanging");
}

function PeerLine({ peer }: { peer: Peer }) {
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
				{!peer.acknowledged ? <span class="small">{t("sync.noReceipt")}</span> : null}
				{peer.full ? <span class="tag warn">{t("sync.full")}</span> : null}
			</span>
		</li>
	);
}

function Only() {
	const from = useData<OnlyHere>("/api/only-here?limit=30", ["news", "meeting"]);
	return (
		<section class="card stack">
			<h2>{t("sync.only")}</h2>
			<Loaded from={from}>
				{(only) =>
					only.entries === 0 && only.photos === 0 ? (
						<p>{t("sync.onlyNone")}</p>
					) : (
						<>
							<Notice kind="warn">{tn("sync.onlyCount", only.entries)} {only.photos ? tn("sync.onlyPhotos", only.photos) : ""}</Notice>
							<ul class="tight">
								{only.changes.map((change, index) => (
									<li key={index}>
										{say(change.title)} {say(change.fr ? (change as Words) : change.what)} <span class="quiet small">{change.saved ?? change.moment ? ago(String(change.saved ?? change.moment)) : ""}</span>
									</li>
								))}
							</ul>
							{only.more ? <p class="quiet">{t("sync.onlyMore")}</p> : null}
						</>
					)
				}
			</Loaded>
		</section>
	);
}

function Look() {
	const [address, setAddress] = useState("");
	const [said, setSaid] = useState("");
	const [error, setError] = useState<ApiError>();
	async function look(event: Event): Promise<void> {
		event.preventDefault();
		const at = readAddress(address);
		setError(undefined);
		if (!at) return setSaid(t("start.first.addressWrong"));
		setSaid("");
		try {
			await ask("POST", "/api/peers", at);
			setSaid(t("sync.looking"));
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<details class="card">
			<summary>{t("sync.look")}</summary>
			<form class="stack" onSubmit={(event) => void look(event)}>
				<TextInput id="address" label={t("start.first.address")} help={t("start.first.addressHelp")} value={address} onInput={setAddress} />
				<p role="status">{said}</p>
				{error ? <ErrorNotice error={error} /> : null}
				<button>{t("sync.lookDo")}</button>
			</form>
		</details>
	);
}

function SyncView() {
	const from = useData<Status>("/api/status", ["news", "meeting", "work", "visit"]);
	return (
		<ScreenFrame title={t("sync.title")} backTo="/more">
			<Loaded from={from}>
				{(status) => (
					<>
						<p>{say(status.age)}</p>
						{status.copy?.partial ? <Progress text={t("base.partialProgress")} done={status.copy.records} of={status.copy.of} /> : null}
						{status.notAccepted ? <Notice kind="bad">{t("sync.notAccepted")}</Notice> : null}
						{status.peers?.length ? <ul class="rows">{status.peers.map((peer) => <PeerLine key={peer.device} peer={peer} />)}</ul> : (
							<div class="empty card"><Icon name="devices" size={40} /><p>{t("sync.alone")}</p></div>
						)}
						{status.checkpoint?.fr ? <Notice kind={status.checkpoint.complete ? "good" : "calm"}>{say(status.checkpoint)}</Notice> : null}
						<Only />
						<Look />
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/sync", view: SyncView, under: "/more", more: { order: 1, label: "sync.title", icon: "sync" } };
