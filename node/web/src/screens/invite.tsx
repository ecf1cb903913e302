/* Somebody is let in: an invitation as a picture and as a text, where this device is found; and who came by it. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import { deviceNumber, peopleOf, useTeam, type Member, type Team } from "../api/team";
import { place, type Screen } from "../router";
import { Confirm } from "../ui/confirm";
import { Copy } from "../ui/copy";
import { Choices, TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { Qr } from "../ui/qr";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t } from "../words";
import { momentOf } from "../words/clock";
import { when } from "../words/dates";
import { ROLES } from "./member";

interface Invitation {
	invitation: string;
	qrText: string;
	qr: string;
	role: string;
	expiresMs: number;
}

interface Where {
	addresses: { address: string; code: string }[];
}

const HOURS = ["1", "24", "168"] as const;

/** Who came since the invitation was shown. */
function useNewcomers(team: Team | undefined): Member[] {
	const [before] = useState(() => new Set(team?.members.map((one) => one.device)));
	return (team?.members ?? []).filter((one) => !before.has(one.device));
}

function Newcomers({ team }: { team: Team }) {
	const came = useNewcomers(team);
	if (came.length === 0) return <p class="quiet" role="status">{t("invite.nobodyYet")}</p>;
	return (
		<>
			{came.map((one) => (
				<Notice key={one.device} kind="good" live>
					<strong>{t("invite.came", { name: [one.name.firstName, one.name.lastName].filter(Boolean).join(" ") })}</strong>
					<p>{t("members.may")} {say(one.rights)}.</p>
					<p>{t("members.compare")} <span class="number">{deviceNumber(one.device)}</span></p>
					<a class="button" href="#/members">{t("members.title")}</a>
				</Notice>
			))}
		</>
	);
}

function Shown({ invitation, person, onDone }: { invitation: Invitation; person: string; onDone: () => void }) {
	const where = useData<Where>("/api/address", []);
	const team = useTeam();
	const at = where.data?.addresses[0]?.address;
	const text = [[t("start.first.words"), invitation.invitation], [t("invite.address"), at], [t("invite.person"), person]].map(([name = "", value]) => (value ? t("copy.pair", { name, value }) : "")).filter(Boolean).join("\n");
	async function withdraw(): Promise<void> {
		await ask("POST", "/api/invitations/withdraw", { invitation: invitation.invitation });
		touchAll();
		onDone();
	}
	return (
		<>
			<Notice kind="warn">{t("invite.secret", { when: when(new Date(invitation.expiresMs).toISOString()) })}</Notice>
			<section class="card stack">
				<ol class="steps">
					<li>{t("invite.step1")}</li>
					<li>{t("invite.step2")}</li>
					<li>{t("invite.step3")}</li>
				</ol>
				{where.loading ? <Progress text={t("base.reading")} /> : <Copy text={text} label={t("start.first.words")} />}
				{where.error ? <ErrorNotice error={where.error} /> : null}
				<details>
					<summary>{t("invite.qr")}</summary>
					<Qr drawing={invitation.qr} label={t("invite.qr")} />
				</details>
			</section>
			<Loaded from={team}>{(data) => <Newcomers team={data} />}</Loaded>
			<div class="row">
				<Confirm label={t("invite.withdraw")} danger onYes={withdraw}><p>{t("invite.withdrawWhat")}</p></Confirm>
				<button type="button" onClick={onDone}>{t("invite.other")}</button>
			</div>
		</>
	);
}

function Form({ person, name, onMade }: { person: string; name: string | undefined; onMade: (made: Invitation) => void }) {
	const [role, setRole] = useState<string>("nurse");
	const [from, setFrom] = useState("");
	const [until, setUntil] = useState("");
	const [hours, setHours] = useState<string>("24");
	const [busy, setBusy] = useState(false);
	const [said, setSaid] = useState("");
	const [error, setError] = useState<ApiError>();
	const dated = !person && role !== "nurse";
	async function make(event: Event): Promise<void> {
		event.preventDefault();
		setError(undefined);
		setSaid("");
		if (dated && role === "locum" && !until) return setSaid(t("invite.untilNeeded"));
		const dates = { ...(from ? { from: momentOf(`${from}T00:00`) } : {}), ...(until ? { until: momentOf(`${until}T23:59`) } : {}) };
		setBusy(true);
		try {
			onMade(await ask<Invitation>("POST", "/api/invitations", { hours: Number(hours), ...(person ? { person } : { role }), ...(dated ? dates : {}) }));
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	return (
		<form class="stack" onSubmit={(event) => void make(event)} noValidate aria-busy={busy}>
			{person ? (
				<p>{t("invite.again", { name: name ?? "" })}</p>
			) : (
				<>
					<Choices id="role" label={t("members.role")} options={ROLES.map((value) => ({ value, text: t(`members.roles.${value}`) }))} value={role} onChoose={setRole} />
					<p class="quiet">{t(`members.roleWhat.${role}`)}</p>
				</>
			)}
			{dated ? (
				<div class="two">
					<TextInput id="from" label={t("invite.fromDay")} type="date" value={from} onInput={setFrom} />
					<TextInput id="until" label={t("members.untilDay")} type="date" value={until} onInput={setUntil} required={role === "locum"} problems={said ? [{ fr: said, en: said }] : undefined} />
				</div>
			) : null}
			<Choices id="hours" label={t("invite.valid")} options={HOURS.map((value) => ({ value, text: t(`invite.hours.${value}`) }))} value={hours} onChoose={setHours} />
			{error ? <ErrorNotice error={error} /> : null}
			<button class="primary wide-button" disabled={busy}>{t("invite.make")}</button>
		</form>
	);
}

function Withdrawal() {
	const [said, setSaid] = useState("");
	async function all(): Promise<void> {
		const { withdrawn } = await ask<{ withdrawn: number }>("POST", "/api/invitations/withdraw", { all: true });
		setSaid(t("invite.withdrawn", { n: withdrawn }));
		touchAll();
	}
	return (
		<details class="card">
			<summary>{t("invite.open")}</summary>
			<div class="stack">
				<p>{t("invite.openWhat")}</p>
				<Confirm label={t("invite.withdrawAll")} danger onYes={all}><p>{t("invite.withdrawWhat")}</p></Confirm>
				<p role="status">{said}</p>
			</div>
		</details>
	);
}

function InviteView() {
	const person = place().query.get("person") ?? "";
	const team = useTeam().data;
	const name = person && team ? peopleOf(team).find((one) => one.person === person)?.name : undefined;
	const [made, setMade] = useState<Invitation>();
	return (
		<ScreenFrame title={t(person ? "invite.titleAgain" : "invite.title")} backTo="/members">
			{made ? (
				<Shown invitation={made} person={person} onDone={() => setMade(undefined)} />
			) : (
				<>
					<Form person={person} name={name} onMade={setMade} />
					<Withdrawal />
				</>
			)}
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/invite", view: InviteView, under: "/more" };
