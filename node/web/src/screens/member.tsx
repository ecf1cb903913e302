/* One person of the team: rights and dates, devices; another role, another device, the end. */
import { useState } from "preact/hooks";
import { ask } from "../api/client";
import { touchAll } from "../api/store";
import { deviceNumber, peopleOf, usePeer, useTeam, type Member, type Someone } from "../api/team";
import type { Screen } from "../router";
import { useStatus } from "../session";
import { Confirm } from "../ui/confirm";
import { Choices, TextInput } from "../ui/inputs";
import { Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t } from "../words";
import { addDays, dayOf, when } from "../words/dates";
import { datesOf, deviceState } from "./members";

export const ROLES = ["nurse", "locum", "reader", "facilitator"] as const;
const REASONS = ["left", "unsaid"] as const;
const NOTICE_DAYS = 30;

interface Outcome {
	inForce: boolean;
}

function DeviceLine({ device }: { device: Member }) {
	const peer = usePeer(device.device);
	const isIn = device.state === "active" || device.state === "pending" || device.state === "suspended";
	return (
		<li class="line top-line">
			<span class={`dot big${peer?.connected ? " on" : ""}`} aria-hidden="true" />
			<span class="line-text">
				<span>{deviceState(device, peer)}</span>
				<span class="small quiet number">{deviceNumber(device.device)}</span>
				{device.joined ? <span class="small quiet">{t("members.joined", { when: when(device.joined.at), who: say(device.joined.by) })}</span> : null}
			</span>
			{isIn && !device.self ? <a class="button danger" href={`#/lost/${device.device}`}>{t("members.lostDevice")}</a> : null}
		</li>
	);
}

/** What is said once it is done: in force, or it waits for a colleague. */
function useOutcome(): [preact.ComponentChildren, (outcome: Outcome) => void] {
	const [said, setSaid] = useState<Outcome>();
	return [said ? <Notice kind={said.inForce ? "good" : "calm"} live>{t(said.inForce ? "members.inForce" : "members.waits")}</Notice> : null, setSaid];
}

function RoleChange({ someone, onDone }: { someone: Someone; onDone: (outcome: Outcome) => void }) {
	const [role, setRole] = useState<string>(someone.first.role);
	const [until, setUntil] = useState("");
	const dated = role !== "nurse";
	const heavy = role === "nurse" || someone.first.role === "nurse" || someone.first.role === "billing";
	async function change(): Promise<void> {
		onDone(await ask<Outcome>("POST", `/api/people/${someone.person}/role`, { role, ...(dated && until ? { until } : {}) }));
		touchAll();
	}
	return (
		<Confirm label={t("members.changeRole")} yes={t("members.changeRoleDo")} onYes={change}>
			<Choices id="role" label={t("members.role")} options={ROLES.map((value) => ({ value, text: t(`members.roles.${value}`) }))} value={role} onChoose={setRole} />
			<p class="quiet">{t(`members.roleWhat.${role === "billing" ? "nurse" : role}`)}</p>
			{dated ? <TextInput id="role-until" label={t("members.untilDay")} type="date" value={until} onInput={setUntil} /> : null}
			{heavy ? <p>{t("members.twoSign")}</p> : null}
		</Confirm>
	);
}

function Remove({ someone, onDone }: { someone: Someone; onDone: (outcome: Outcome) => void }) {
	const [reason, setReason] = useState<string>(REASONS[0]);
	async function remove(): Promise<void> {
		onDone(await ask<Outcome>("POST", `/api/people/${someone.person}/remove`, { reason }));
		touchAll();
	}
	return (
		<Confirm label={t("members.remove")} yes={t("members.removeDo", { name: someone.name })} danger onYes={remove}>
			<p>{t("members.removeWhat", { name: someone.name })}</p>
			<ul class="bullets">
				<li>{t("members.removeDevices")}</li>
				<li>{t("members.removeKept")}</li>
				<li>{t("members.removeReadable")}</li>
			</ul>
			<p>{t("members.twoSign")}</p>
			<Choices id="reason" label={t("base.reason")} options={REASONS.map((value) => ({ value, text: t(`members.reason.${value}`) }))} value={reason} onChoose={setReason} />
		</Confirm>
	);
}

function Leave() {
	const [until, setUntil] = useState(addDays(dayOf(), NOTICE_DAYS));
	async function leave(): Promise<void> {
		await ask("POST", "/api/leave", { until });
		touchAll();
	}
	return (
		<Confirm label={t("members.leave")} yes={t("members.leaveDo")} onYes={leave}>
			<p>{t("members.leaveWhat")}</p>
			<TextInput id="leave-until" label={t("members.leaveDay")} type="date" value={until} onInput={setUntil} required />
		</Confirm>
	);
}

function PersonView({ someone }: { someone: Someone }) {
	const [said, setSaid] = useOutcome();
	const { first } = someone;
	const manages = ["nurse", "billing"].includes(useStatus()?.role ?? "");
	return (
		<>
			{said}
			<section class="card tight">
				<p><strong>{first.state === "active" ? t(`sync.role.${first.role}`) : t(`members.state.${first.state}`)}</strong>{datesOf(first) ? ` · ${datesOf(first)}` : ""}</p>
				<p>{t("members.may")} {say(first.rights)}.</p>
				{first.ended ? <p class="quiet">{t("members.ended", { when: when(first.ended.at), who: say(first.ended.by) })}</p> : null}
			</section>
			<h2>{t("members.devices")}</h2>
			<ul class="rows">{someone.devices.map((device) => <DeviceLine key={device.device} device={device} />)}</ul>
			{someone.inTeam && !manages ? (
				first.self ? <section class="card stack acts"><Leave /></section> : null
			) : someone.inTeam ? (
				<section class="card stack acts">
					<a class="button" href={`#/invite?person=${someone.person}`}>{t("members.another")}</a>
					<RoleChange someone={someone} onDone={setSaid} />
					{first.self ? <Leave /> : <Remove someone={someone} onDone={setSaid} />}
				</section>
			) : (
				<p class="quiet">{t("members.goneWhat")}</p>
			)}
		</>
	);
}

function MemberView({ params }: { params: Record<string, string> }) {
	const from = useTeam();
	const someone = from.data ? peopleOf(from.data).find((one) => one.person === params.person) : undefined;
	return (
		<ScreenFrame title={someone?.name ?? t("members.title")} backTo="/members">
			<Loaded from={from}>{() => (someone ? <PersonView someone={someone} /> : <p>{t("base.error.notFound")}</p>)}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/members/:person", view: MemberView, under: "/more" };
