/* What each colleague's device has, how old what is known of it is, and what stands on this device alone. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Status, Words } from "../api/types";
import type { Screen } from "../router";
import { readAddress } from "../start/first";
import { Icon } from "../ui/icons";
import { TextInput } from "../ui/inputs";
import { Joining, RefusedList } from "../ui/joining";
import { ErrorNotice, Notice } from "../ui/notice";
import { PeerLine } from "../ui/peers";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { ago } from "../words/dates";

interface OnlyHere {
	changes: ({ title?: Words; what?: Words; moment?: string; saved?: string } & Partial<Words>)[];
	entries: number;
	own: number;
	membership: number;
	photos: number;
	more: boolean;
}

function Only() {
	const from = useData<OnlyHere>("/api/only-here?limit=30", ["news", "meeting"]);
	return (
		<section class="card stack acts">
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

/* groups of characters, as its device shows them */
const CODE = /^(RELEVE-AT:)?[0-9A-Za-z][0-9A-Za-z\s-]{18,}$/;

function Look() {
	const [address, setAddress] = useState("");
	const [said, setSaid] = useState("");
	const [error, setError] = useState<ApiError>();
	async function look(event: Event): Promise<void> {
		event.preventDefault();
		const typed = address.trim();
		const at = readAddress(typed);
		setError(undefined);
		if (!at && !CODE.test(typed)) return setSaid(t("sync.addressWrong"));
		setSaid("");
		try {
			await ask("POST", "/api/peers", at ?? { code: typed });
			setSaid(t("sync.looking"));
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<details class="card acts">
			<summary>{t("sync.look")}</summary>
			<form class="stack" onSubmit={(event) => void look(event)}>
				<TextInput id="address" label={t("sync.address")} help={t("sync.addressHelp")} value={address} onInput={setAddress} />
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
						{status.copy ? <Joining copy={status.copy} /> : null}
						{status.peers?.length ? <ul class="rows">{status.peers.map((peer) => <PeerLine key={peer.device} peer={peer} />)}</ul> : (
							<div class="empty card"><Icon name="devices" size={40} /><p>{t("sync.alone")}</p></div>
						)}
						{status.checkpoint?.fr ? <Notice kind={status.checkpoint.complete ? "good" : "calm"}>{say(status.checkpoint)}</Notice> : null}
						{status.quarantine?.entries ? (
							<Notice kind="warn">
								<p>{tn("quarantine.count", status.quarantine.entries)} {t("sync.apart")}</p>
								<a class="button" href="#/quarantine">{t("quarantine.open")}</a>
							</Notice>
						) : null}
						<Only />
						<RefusedList refused={status.refused ?? []} />
						<section class="card stack acts">
							<h2>{t("sync.without")}</h2>
							<p>{t("stick.what")}</p>
							<a class="button" href="#/stick">{t("stick.title")}</a>
						</section>
						<Look />
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/sync", view: SyncView, under: "/more", more: { order: 1, label: "sync.title", icon: "sync" } };
