/* A dossier from another program or team, as a FHIR file: what it would bring, word by word, and then that. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll } from "../api/store";
import type { Words } from "../api/types";
import type { Screen } from "../router";
import { Choices } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { shortDay } from "../words/dates";

interface Told extends Partial<Words> {
	id: string;
	label?: Words;
	type?: string;
	/** As it stands in the file. */
	what?: string;
	at?: string;
}

interface Plan {
	dossier: string;
	taken: boolean;
	own: boolean;
	isHere: boolean;
	name?: string;
	birthDate?: string;
	matches: { id: string; name: string; birthDate?: string; why?: Words }[];
	new: Told[];
	known: number;
	different: Told[];
	rounded: Told[];
	refused: Told[];
	altered: Told[];
	notUnderstood: Told[];
	unsettled: Told[];
	corrections: Told[];
}

const LISTS = ["rounded", "different", "altered", "unsettled", "refused", "notUnderstood"] as const;
const NEW = "new";

function Lines({ name, list }: { name: (typeof LISTS)[number]; list: Told[] }) {
	if (list.length === 0) return null;
	return (
		<details>
			<summary>{tn(`taking.${name}`, list.length)}</summary>
			<ul class="bullets">
				{list.map((one, i) => <li key={i}>{[say(one.label) || one.type, one.at ? shortDay(one.at) : "", one.what, say(one as Words)].filter(Boolean).join(" · ")}</li>)}
			</ul>
		</details>
	);
}

function kinds(list: Told[]): [string, number][] {
	const counts = new Map<string, number>();
	for (const one of list) counts.set(say(one.label), (counts.get(say(one.label)) ?? 0) + 1);
	return [...counts.entries()];
}

function Shown({ plan, where, onWhere, onTake }: { plan: Plan; where: string; onWhere: (where: string) => void; onTake: () => void }) {
	const chooses = !plan.taken && !plan.isHere && plan.matches.length > 0;
	return (
		<>
			<section class="card stack acts">
				<h2>{plan.name ?? t("taking.nobody")}{plan.birthDate ? ` · ${shortDay(plan.birthDate)}` : ""}</h2>
				{plan.taken ? <Notice kind="good" live>{t("taking.done")} <a href={`#/patients/${plan.dossier}`}>{t("taking.open")}</a></Notice> : null}
				<p>{tn(plan.taken ? "taking.took" : "taking.brings", plan.new.length)} {plan.known ? tn("taking.known", plan.known) : ""}</p>
				<ul class="bullets">{kinds(plan.new).map(([label, count]) => <li key={label}>{t("copy.pair", { name: label, value: count })}</li>)}</ul>
				{LISTS.map((name) => <Lines key={name} name={name} list={plan[name]} />)}
				{chooses ? (
					<Choices id="where" label={t("taking.where")} options={[...plan.matches.map((one) => ({ value: one.id, text: [one.name, one.birthDate ? shortDay(one.birthDate) : ""].filter(Boolean).join(" · ") })), { value: NEW, text: t("taking.new") }]} value={where} onChoose={onWhere} required />
				) : null}
				{plan.taken ? null : <button type="button" class="primary" disabled={(chooses && where === "") || plan.new.length === 0} onClick={onTake}>{t("taking.take")}</button>}
			</section>
		</>
	);
}

function TakingView() {
	const [file, setFile] = useState<File>();
	const [plan, setPlan] = useState<Plan>();
	const [where, setWhere] = useState("");
	const [busy, setBusy] = useState(false);
	const [error, setError] = useState<ApiError>();
	async function read(chosen: File, take: boolean): Promise<void> {
		setBusy(true);
		setError(undefined);
		try {
			const query = new URLSearchParams({ ...(take ? { take: "1" } : {}), ...(where === NEW ? { new: "1" } : where ? { into: where } : {}) }).toString();
			setPlan(await ask<Plan>("POST", `/api/fhir${query ? `?${query}` : ""}`, chosen));
			if (take) touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	function choose(chosen: File | undefined): void {
		setFile(chosen);
		setPlan(undefined);
		setWhere("");
		if (chosen) void read(chosen, false);
	}
	return (
		<ScreenFrame title={t("taking.title")} backTo="/more">
			<p>{t("taking.what")}</p>
			<div class="field">
				<label for="fhir" class="label">{t("taking.file")}</label>
				<input id="fhir" type="file" accept=".json,application/json,application/fhir+json" disabled={busy} onChange={(event) => choose(event.currentTarget.files?.[0])} />
			</div>
			{error ? <ErrorNotice error={error} /> : null}
			{plan && file ? <Shown plan={plan} where={where} onWhere={setWhere} onTake={() => void read(file, true)} /> : null}
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/taking", view: TakingView, under: "/more", more: { order: 95, label: "taking.title", icon: "down", roles: ["nurse", "billing"] } };
