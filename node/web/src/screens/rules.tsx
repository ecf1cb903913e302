/* Charter and rules of the team: read, signed as they stand; who has not signed the text as it is now. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { choiceOf, useSchema } from "../api/schema";
import { touchAll, useData } from "../api/store";
import type { Person, Rec, Words } from "../api/types";
import { go, place, type Screen } from "../router";
import { useIsNurse, useStatus } from "../session";
import { RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { ErrorNotice, Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { shortDay, when } from "../words/dates";

interface Signature extends Words {
	id: string;
	at: string;
	current: boolean;
	by?: { person?: string; name?: string; self: boolean };
}

interface Rule extends Rec {
	digest: string;
	holds: boolean;
	version: number;
	signatures: Signature[];
	unsigned: Person[];
}

function SignButton({ rule }: { rule: Rule }) {
	const me = useStatus()?.person;
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	async function sign(): Promise<void> {
		setBusy(true);
		setError(undefined);
		await ask("POST", `/api/rules/${rule.id}/sign`, { saw: rule.digest }).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		setBusy(false);
		touchAll();
	}
	const mine = rule.signatures.find((one) => one.current && one.by?.person === me);
	if (mine) return <p><span class="tag good"><Icon name="check" size={16} /> {t("rules.signedOn", { when: when(mine.at) })}</span></p>;
	return (
		<>
			{error?.code === "CONFLICT" ? <Notice kind="warn" live>{t("rules.changed")}</Notice> : error ? <ErrorNotice error={error} /> : null}
			<button type="button" class="primary wide-button" disabled={busy} onClick={() => void sign()}>{t("rules.sign")}</button>
		</>
	);
}

function RuleCard({ rule }: { rule: Rule }) {
	const schema = useSchema();
	const nurse = useIsNurse();
	return (
		<li class={`card stack${rule.holds ? "" : " struck"}`}>
			<div class="tight">
				<p class="small quiet">{say(choiceOf(schema, "teamRule", "type", rule.type))}{rule.from ? ` · ${t("rules.from", { day: shortDay(String(rule.from)) })}` : ""}{rule.version ? ` · ${t("rules.version", { n: rule.version })}` : ""}</p>
				<h2>{String(rule.title ?? "")}</h2>
				{rule.holds ? null : <p><span class="tag">{t("rules.ended")}</span></p>}
			</div>
			<p class="prose">{String(rule.text ?? "")}</p>
			{rule.holds && nurse ? <SignButton rule={rule} /> : null}
			{rule.holds ? rule.unsigned.length ? <p class="small"><strong>{tn("rules.unsigned", rule.unsigned.length)}</strong> {rule.unsigned.map((one) => one.name).join(", ")}</p> : <p class="small"><span class="tag good">{t("rules.allSigned")}</span></p> : null}
			{rule.signatures.length ? (
				<details>
					<summary>{tn("rules.signatures", rule.signatures.length)}</summary>
					<ul class="tight">{rule.signatures.map((one) => <li key={one.id} class="small">{one.by?.name ?? t("conflicts.unknown")}, {when(one.at)} : {say(one)}</li>)}</ul>
				</details>
			) : null}
			{nurse ? <a class="button" href={`#/rules/${rule.id}`}>{t("base.change")}</a> : null}
		</li>
	);
}

function RulesView() {
	const nurse = useIsNurse();
	const from = useData<{ rules: Rule[] }>("/api/rules");
	return (
		<ScreenFrame title={t("rules.title")} backTo="/more" beside={nurse ? <a class="button" href="#/rules/new"><Icon name="plus" size={20} /> {t("base.add")}</a> : null}>
			<Loaded from={from}>
				{({ rules }) => rules.length ? (
					<ul class="stack">{[...rules].sort((a, b) => Number(b.holds) - Number(a.holds) || String(a.type).localeCompare(String(b.type)) || String(a.title).localeCompare(String(b.title))).map((rule) => <RuleCard key={rule.id} rule={rule} />)}</ul>
				) : <p class="empty card">{t("rules.none")}</p>}
			</Loaded>
		</ScreenFrame>
	);
}

const FIELDS = ["type", "title", "text", "from"];
const done = (): void => go("/rules", true);

function NewView() {
	const title = place().query.get("title");
	return (
		<ScreenFrame title={t("rules.new")} backTo="/rules">
			<RecordForm kind="teamRule" fields={FIELDS} preset={{ type: "rule", ...(title ? { text: `${title}\n` } : {}) }} onSaved={done} onCancel={done} />
		</ScreenFrame>
	);
}

function EditView({ params }: { params: Record<string, string> }) {
	const from = useData<{ records: Rec[] }>("/api/records/teamRule");
	const record = from.data?.records.find((one) => one.id === params.id);
	return (
		<ScreenFrame title={t("rules.change")} under={t("rules.changeWhat")} backTo="/rules">
			<Loaded from={from}>{() => record ? <RecordForm kind="teamRule" fields={[...FIELDS, "state"]} record={record} onSaved={done} onCancel={done} /> : <p class="empty card">{t("base.error.notFound")}</p>}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/rules", view: RulesView, under: "/more", more: { order: 38, label: "rules.title", icon: "rules", roles: ["nurse", "billing", "locum", "reader", "facilitator"] } };
export const screenNew: Screen = { path: "/rules/new", view: NewView, under: "/more" };
export const screenEdit: Screen = { path: "/rules/:id", view: EditView, under: "/more" };
