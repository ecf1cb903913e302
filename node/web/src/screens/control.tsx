/* A statement of care for an inspector: which visits, when, by whom, under which prescription, billed where; nothing of the care itself. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { useData } from "../api/store";
import type { PatientRow } from "../api/types";
import { place, type Screen } from "../router";
import { thisMonth } from "../ui/billing-parts";
import { Icon } from "../ui/icons";
import { TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Paper } from "../ui/paper";
import { saveFile } from "../ui/save-file";
import { ScreenFrame } from "../ui/screen";
import { language, t, tn } from "../words";
import { dayOf, shortDay } from "../words/dates";
import { addMonths } from "../words/money";
import { patientName } from "./patients";

const FOUND = 8;

interface Chosen {
	id: string;
	name: string;
}

function Finder({ chosen, onChoose }: { chosen: Chosen[]; onChoose: (chosen: Chosen[]) => void }) {
	const [typed, setTyped] = useState("");
	const list = useData<{ patients: PatientRow[]; total: number }>(typed.trim() ? `/api/patients?limit=${FOUND}&search=${encodeURIComponent(typed.trim())}` : null, []);
	const found = (list.data?.patients ?? []).filter((patient) => !chosen.some((one) => one.id === patient.id));
	return (
		<section class="stack">
			<h2>{t("control.patients")}</h2>
			<div class="searching">
				<Icon name="search" size={20} />
				<input type="search" aria-label={t("control.search")} placeholder={t("control.search")} autocomplete="off" value={typed} onInput={(event) => setTyped(event.currentTarget.value)} />
			</div>
			{typed.trim() && found.length ? (
				<ul class="rows">
					{found.map((patient) => (
						<li key={patient.id} class="line">
							<span class="line-text"><strong>{patientName(patient)}</strong><span class="quiet small">{patient.birthDate ? shortDay(patient.birthDate) : ""}</span></span>
							<button type="button" onClick={() => { onChoose([...chosen, { id: patient.id, name: patientName(patient) }]); setTyped(""); }}>{t("control.choose")}</button>
						</li>
					))}
				</ul>
			) : typed.trim() && list.data ? <p class="quiet" role="status">{t("control.notFound")}</p> : null}
			{chosen.length ? (
				<ul class="rows" aria-label={t("control.chosen")}>
					{chosen.map((one) => (
						<li key={one.id} class="line"><span class="line-text"><strong>{one.name}</strong></span><button type="button" onClick={() => onChoose(chosen.filter((other) => other !== one))}>{t("control.takeAway")}</button></li>
					))}
				</ul>
			) : <p class="quiet">{t("control.noneChosen")}</p>}
		</section>
	);
}

function ControlView() {
	const given = place().query.get("patient");
	const [chosen, setChosen] = useState<Chosen[]>(given ? [{ id: given, name: place().query.get("name") ?? given.slice(0, 8) }] : []);
	const [from, setFrom] = useState(`${addMonths(thisMonth(), -1)}-01`);
	const [to, setTo] = useState(dayOf());
	const [paper, setPaper] = useState("");
	const [error, setError] = useState<ApiError>();
	const [said, setSaid] = useState("");
	async function make(format: "html" | "csv"): Promise<void> {
		setError(undefined);
		setSaid("");
		try {
			const { file } = await ask<{ file: string }>("GET", `/api/care?patients=${chosen.map((one) => one.id).join(",")}&from=${from}&to=${to}&format=${format}&lang=${language()}&unencrypted=1`);
			if (format === "html") return setPaper(file);
			saveFile(`controle-${from}-${to}.csv`, file);
			setSaid(t("control.saved"));
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	if (paper) return <ScreenFrame title={t("control.title")}><Paper html={paper} onClose={() => setPaper("")} /></ScreenFrame>;
	return (
		<ScreenFrame title={t("control.title")} backTo="/more">
			<p class="quiet">{t("control.what")}</p>
			<Finder chosen={chosen} onChoose={setChosen} />
			<section class="two">
				<TextInput id="control-from" type="date" label={t("control.from")} required value={from} onInput={setFrom} />
				<TextInput id="control-to" type="date" label={t("control.to")} required value={to} onInput={setTo} />
			</section>
			<Notice kind="warn">{t("control.noted")}</Notice>
			{error ? <ErrorNotice error={error} /> : null}
			<div class="row">
				<button type="button" class="primary" disabled={chosen.length === 0} onClick={() => void make("html")}>{t("control.show")}</button>
				<button type="button" disabled={chosen.length === 0} onClick={() => void make("csv")}>{t("control.csv")}</button>
			</div>
			<p role="status" class="quiet">{said || (chosen.length ? tn("control.count", chosen.length) : "")}</p>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/control", view: ControlView, under: "/more", more: { order: 66, label: "control.title", icon: "stamp", roles: ["nurse", "billing"] } };
