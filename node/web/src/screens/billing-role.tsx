/* Who closes months: taken, given back; and what two persons say when the device that had the role is lost. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { holderName, useBilling, type BillingState, type Lease, type LotRow, type Word } from "../api/billing";
import { touchAll, useData } from "../api/store";
import type { Screen } from "../router";
import { useStatus } from "../session";
import { BillingTabs, thisMonth } from "../ui/billing-parts";
import { Select, TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { memberName } from "../ui/round-actions";
import { Loaded, ScreenFrame } from "../ui/screen";
import { Confirm } from "../ui/confirm";
import { say, t } from "../words";
import { monthOf } from "../words/dates";
import { capital, euros } from "../words/money";

interface Member {
	device: string;
	person: string;
	role: string;
	state: string;
	self: boolean;
	endorsed: boolean;
	name?: { firstName?: string; lastName?: string };
}

async function post(path: string, body: Record<string, unknown>): Promise<void> {
	await ask("POST", path, body);
	touchAll();
}

/** Devices that may have the role, each with whose it is. */
function useDevices(): { value: string; text: string; self: boolean }[] {
	const members = useData<{ members: Member[] }>("/api/members").data?.members ?? [];
	const able = members.filter((member) => member.state === "active" && (member.role === "nurse" || member.role === "billing"));
	return able.map((member) => ({
		value: member.device,
		self: member.self,
		text: `${memberName(member)}${able.some((other) => other !== member && other.person === member.person) ? ` (${member.device.slice(0, 6)})` : ""}${member.self ? ` · ${t("role.thisDevice")}` : ""}`,
	}));
}

function Designate({ label, holder }: { label: string; holder: string }) {
	const devices = useDevices().filter((one) => one.value !== holder);
	const [chosen, setChosen] = useState("");
	const device = chosen || (devices.find((one) => one.self)?.value ?? "");
	return (
		<Confirm label={label} yes={t("role.designateDo")} onYes={() => post("/api/billing/designate", { device })} primary>
			<p>{t("role.designateWhat")}</p>
			<Select id="role-device" label={t("role.which")} options={devices} value={device} onChoose={setChosen} />
		</Confirm>
	);
}

function Holder({ state }: { state: BillingState }) {
	const self = useStatus()?.device;
	if (!state.holder)
		return (
			<section class="card stack">
				<h2>{t("role.nobody")}</h2>
				<p>{t("role.what")}</p>
				<Designate key="none" label={t("role.designate")} holder="" />
			</section>
		);
	if (state.holder.device === self)
		return (
			<section class="card stack">
				<h2>{t("role.yours")}</h2>
				<p>{t("role.what")}</p>
				<Confirm label={t("role.release")} yes={t("role.releaseDo")} onYes={() => post("/api/billing/release", {})}>
					<p>{t("role.releaseWhat")}</p>
				</Confirm>
			</section>
		);
	return (
		<section class="card stack">
			<h2>{t("role.hers", { name: holderName(state.holder) })}</h2>
			<p>{t("role.hersWhat", { name: holderName(state.holder) })}</p>
			<Designate key={state.holder.device} label={t("role.takeOver")} holder={state.holder.device} />
		</section>
	);
}

function whatIsSaid(word: Word, state: BillingState): string {
	if (word.what === "close") return t("role.word.close", { month: word.month ? monthOf(word.month) : "" });
	if (word.what === "over") return t("role.word.over", { name: holderName(state.leases.find((lease) => lease.lease === word.lease)) });
	const lot = state.lots.find((one) => one.lot === word.lot);
	return t("role.word.sent", { month: lot ? monthOf(lot.month) : (word.lot ?? "").slice(0, 8) });
}

function WordLine({ word, state }: { word: Word; state: BillingState }) {
	const person = useStatus()?.person;
	const [error, setError] = useState<ApiError>();
	async function second(): Promise<void> {
		setError(undefined);
		await post(`/api/billing/words/${word.word}/second`, {}).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
	}
	return (
		<li class="line">
			<span class="line-text">
				<strong>{capital(whatIsSaid(word, state))}</strong>
				<span class="quiet small">{t("role.saidBy", { name: holderName(word) })}</span>
				{word.seconded ? <span class="tag good">{t("role.seconded")}</span> : <span class="tag warn">{t("role.waits")}</span>}
				{!word.seconded && word.by !== person ? <span><button type="button" onClick={() => void second()}>{t("role.second")}</button></span> : null}
				{error ? <ErrorNotice error={error} /> : null}
			</span>
		</li>
	);
}

/** A device that did not give the role back. */
function Lost({ lease, lots }: { lease: Lease; lots: LotRow[] }) {
	const [month, setMonth] = useState(thisMonth());
	const name = holderName(lease);
	const closed = lots.filter((lot) => lot.holder === lease.device);
	return (
		<li class="card stack">
			<h3>{name}</h3>
			<p>{t("role.lostWhat", { name })} {closed.length ? t("role.lostKnown", { months: closed.map((lot) => monthOf(lot.month)).join(", ") }) : t("role.lostUnknown")}</p>
			<div class="row">
				<Confirm label={t("role.over")} yes={t("role.overDo")} onYes={() => post("/api/billing/words", { what: "over", device: lease.device })} danger>
					<p>{t("role.overWhat", { name })}</p>
					<p>{t("role.twoPersons")}</p>
				</Confirm>
				<Confirm label={t("role.allow")} yes={t("role.allowDo")} onYes={() => post("/api/billing/words", { what: "close", month })}>
					<p>{t("role.allowWhat", { name })}</p>
					<TextInput id={`allow-${lease.lease}`} label={t("role.month")} help={t("role.monthHelp")} value={month} onInput={setMonth} />
					<p>{t("role.twoPersons")}</p>
				</Confirm>
			</div>
		</li>
	);
}

function Idle({ lot }: { lot: LotRow }) {
	return (
		<li class="card stack">
			<h3>{monthOf(lot.month)} · {euros(lot.cents)}</h3>
			<p>{say(lot.why)}</p>
			<Confirm label={t("role.sent")} yes={t("role.sentDo")} onYes={() => post("/api/billing/words", { what: "sent", lot: lot.lot })}>
				<p>{t("role.sentWhat")}</p>
				<p>{t("role.twoPersons")}</p>
			</Confirm>
		</li>
	);
}

function overSaid(state: BillingState, lease: Lease): boolean {
	return state.words.some((word) => word.what === "over" && word.lease === lease.lease && word.seconded);
}

function RoleView() {
	const from = useBilling();
	return (
		<ScreenFrame title={t("role.title")} backTo="/billing">
			<BillingTabs current="role" />
			<Loaded from={from}>
				{(state) => {
					const lost = state.leases.filter((lease) => !lease.inForce && !lease.released && !overSaid(state, lease) && lease.device !== state.holder?.device);
					const idle = state.lots.filter((lot) => !lot.counts);
					return (
						<>
							{state.contested ? <Notice kind="bad">{t("role.contested")}</Notice> : null}
							<Holder state={state} />
							{lost.length ? <section class="stack"><h2>{t("role.lost")}</h2><ul class="stack">{lost.map((lease) => <Lost key={lease.lease} lease={lease} lots={state.lots} />)}</ul></section> : null}
							{idle.length ? <section class="stack"><h2>{t("role.idle")}</h2><ul class="stack">{idle.map((lot) => <Idle key={lot.lot} lot={lot} />)}</ul></section> : null}
							{state.words.length ? <section class="tight"><h2>{t("role.words")}</h2><ul class="rows">{state.words.map((word) => <WordLine key={word.word} word={word} state={state} />)}</ul></section> : null}
							{state.leases.length ? (
								<details class="card">
									<summary>{t("role.before")}</summary>
									<ol class="bullets">{state.leases.map((lease) => <li key={lease.lease}>{holderName(lease)} · {lease.inForce ? t("role.inForce") : lease.released ? t("role.released") : t("role.notReleased")}</li>)}</ol>
								</details>
							) : null}
						</>
					);
				}}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/billing/role", view: RoleView, under: "/more" };
