/* Erasing a patient's dossier, which cannot be taken back: what goes, where else the name stands in words, and which devices have done it. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Words } from "../api/types";
import { go, type Screen } from "../router";
import { Icon } from "../ui/icons";
import { Choices, TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { when } from "../words/dates";

interface Mention {
	id: string;
	label: Words;
	title?: string;
	count: number;
	/** A near name: how it is written there. */
	as?: string;
}

interface Would {
	name: string;
	records: number;
	joined?: unknown[];
	namedIn: Mention[];
	perhapsIn: Mention[];
	namedLeft: number;
}

interface Erasure {
	patient: string;
	reason: string;
	byName: { firstName?: string; lastName?: string };
	orderedMs: number;
	complete: boolean;
	devices: { device: string; name: { firstName?: string; lastName?: string }; state: string; self: boolean }[];
}

const REASONS = ["request", "retention", "mistake", "other"] as const;

function named(name: { firstName?: string; lastName?: string }): string {
	return [name.firstName, name.lastName].filter(Boolean).join(" ");
}

function Mentions({ would }: { would: Would }) {
	const line = (one: Mention): string => [say(one.label), one.title, one.as ? t("erase.as", { name: one.as }) : ""].filter(Boolean).join(" · ");
	if (would.namedIn.length + would.perhapsIn.length + would.namedLeft === 0) return <p>{t("erase.nowhere")}</p>;
	return (
		<Notice kind="warn">
			<p>{t("erase.elsewhere")}</p>
			{would.namedIn.length ? <ul class="bullets">{would.namedIn.map((one) => <li key={one.id}>{line(one)}</li>)}</ul> : null}
			{would.perhapsIn.length ? (
				<>
					<p>{t("erase.perhaps")}</p>
					<ul class="bullets">{would.perhapsIn.map((one) => <li key={one.id}>{line(one)}</li>)}</ul>
				</>
			) : null}
			{would.namedLeft ? <p>{tn("erase.left", would.namedLeft)}</p> : null}
		</Notice>
	);
}

function Order({ would, patient }: { would: Would; patient: string }) {
	const [typed, setTyped] = useState("");
	const [reason, setReason] = useState<string>("");
	const [busy, setBusy] = useState(false);
	const [said, setSaid] = useState("");
	const [error, setError] = useState<ApiError>();
	async function erase(event: Event): Promise<void> {
		event.preventDefault();
		setError(undefined);
		if (typed.trim() !== would.name) return setSaid(t("erase.nameWrong", { name: would.name }));
		setSaid("");
		setBusy(true);
		try {
			await ask("POST", `/api/patients/${patient}/erasure`, { name: would.name, records: would.records, ...(reason ? { reason } : {}) });
			touchAll();
			go("/erasures", true);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			setBusy(false);
		}
	}
	return (
		<>
			<Notice kind="bad"><strong>{tn("erase.goes", would.records, { name: would.name })}</strong> {t("erase.final")}</Notice>
			{would.joined?.length ? <p>{t("erase.joined")}</p> : null}
			<Mentions would={would} />
			<form class="card stack acts" onSubmit={(event) => void erase(event)} noValidate aria-busy={busy}>
				<Choices id="reason" label={t("base.reason")} options={REASONS.map((value) => ({ value, text: t(`erase.reason.${value}`) }))} value={reason} onChoose={setReason} required />
				<TextInput id="name" label={t("erase.repeat", { name: would.name })} value={typed} onInput={setTyped} required problems={said ? [{ fr: said, en: said }] : undefined} />
				{error ? <ErrorNotice error={error} /> : null}
				<button class="danger" disabled={busy || reason === ""}>{busy ? t("base.saving") : t("erase.do")}</button>
			</form>
		</>
	);
}

function EraseView({ params }: { params: Record<string, string> }) {
	const patient = params.id ?? "";
	const from = useData<Would>(`/api/patients/${patient}/erasure`, ["news"]);
	return (
		<ScreenFrame title={t("erase.title")} backTo={`/patients/${patient}`}>
			<Loaded from={from}>{(would) => <Order would={would} patient={patient} />}</Loaded>
		</ScreenFrame>
	);
}

/* ---- Who has done it ---- */

function Done({ erasure }: { erasure: Erasure }) {
	const those = erasure.devices.filter((one) => one.state === "confirmed" || one.state === "waiting");
	return (
		<li class="card stack">
			<p><strong>{t("erase.ordered", { when: when(new Date(erasure.orderedMs).toISOString()), who: named(erasure.byName) })}</strong> {t(`erase.reason.${erasure.reason}`)}</p>
			<Progress text={t("erase.confirmed")} done={those.filter((one) => one.state === "confirmed").length} of={those.length} />
			<ul class="tight">
				{erasure.devices.map((one) => (
					<li key={one.device} class="row apart">
						<span>{one.self ? t("members.thisDevice") : named(one.name)}</span>
						<span class={`tag ${one.state === "confirmed" ? "good" : "warn"}`}>{t(`erase.state.${one.state}`)}</span>
					</li>
				))}
			</ul>
		</li>
	);
}

function ErasuresView() {
	const from = useData<{ erasures: Erasure[] }>("/api/erasures", ["news", "meeting"]);
	return (
		<ScreenFrame title={t("erase.list")} backTo="/more">
			<Loaded from={from}>
				{(list) => (
					<>
						{list.erasures.length ? <ul class="stack">{list.erasures.map((one) => <Done key={one.patient + one.orderedMs} erasure={one} />)}</ul> : <div class="empty card"><Icon name="check" size={40} /><p>{t("erase.none")}</p></div>}
						<p class="quiet">{t("erase.unreachable")}</p>
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/erase", view: EraseView, under: "/patients" };
export const screenList: Screen = { path: "/erasures", view: ErasuresView, under: "/more", more: { order: 96, label: "erase.list", icon: "stop", roles: ["nurse", "billing", "locum", "reader"] } };
