/* Questionnaires for patients, carers and nurses: those that go on, those that ended; and what facilitators are shown. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import { cellLabel, type Campaign, type Questionnaire, type Shown } from "../api/survey";
import { go, type Screen } from "../router";
import { useStatus } from "../session";
import { Icon } from "../ui/icons";
import { Choices, TextInput } from "../ui/inputs";
import { ErrorNotice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { problemsOf } from "../ui/form";
import { say, t, tn } from "../words";
import { addDays, dayOf, shortDay } from "../words/dates";

const DAYS = 30;

interface List {
	surveys: Campaign[];
	shown: Shown[];
}

function CampaignLine({ campaign }: { campaign: Campaign }) {
	return (
		<li>
			<a class="line" href={`#/surveys/${campaign.id}`}>
				<span class="line-text">
					<strong>{campaign.title}</strong>
					<span class="quiet small">{say(campaign.questionnaire.label) || t("surveys.unknownQuestions")} · {t("surveys.days", { from: shortDay(campaign.from), until: shortDay(campaign.until) })}</span>
					<span class="small">{tn("surveys.forms", campaign.forms)}{campaign.waiting > 0 ? ` · ${tn("surveys.waiting", campaign.waiting)}` : ""}</span>
				</span>
				<span class={`tag ${campaign.state === "open" && !campaign.isOver ? "good" : ""}`}>{campaign.state === "closed" ? t("surveys.closed") : campaign.isOver ? t("surveys.over") : t("surveys.open")}</span>
				<Icon name="next" size={20} />
			</a>
		</li>
	);
}

/** A result without small counts, as whoever gives no care sees it. */
export function ShownResult({ shown, questionnaires }: { shown: Shown; questionnaires: Questionnaire[] }) {
	const questions = questionnaires.find((one) => one.number === shown.questionnaire)?.questions;
	return (
		<div class="stack">
			<p>{tn("surveys.forms", shown.forms ?? 0)}</p>
			{(shown.questions ?? []).map((row) => {
				const question = questions?.find((one) => one.number === row.number);
				const hidden = row.cells.filter((cell) => cell.count === null).length;
				return (
					<section key={row.number} class="tight">
						<h3>{say(question?.label) || row.name}</h3>
						<ul class="bars">
							{row.cells.filter((cell) => cell.count !== null).map((cell) => (
								<li key={cell.name}>
									<span>{say(cellLabel(question, cell.name, t("surveys.noAnswer")))}</span>
									<progress value={cell.count ?? 0} max={shown.forms ?? 1} aria-hidden="true" />
									<strong>{cell.atLeast ? t("surveys.atLeast", { n: cell.count ?? 0 }) : cell.count}</strong>
								</li>
							))}
						</ul>
						{hidden ? <p class="quiet small">{tn("surveys.hiddenCells", hidden)}</p> : null}
					</section>
				);
			})}
			{shown.texts ? <section class="tight"><h3>{t("surveys.words")}</h3>{shown.texts.split("\n").map((text) => <blockquote key={text} class="prose">{text}</blockquote>)}</section> : null}
		</div>
	);
}

function SurveysView() {
	const from = useData<List>("/api/surveys");
	const questionnaires = useData<{ questionnaires: Questionnaire[] }>("/api/surveys/questionnaires", []).data?.questionnaires ?? [];
	const role = useStatus()?.role;
	const works = role === "nurse" || role === "billing";
	return (
		<ScreenFrame title={t("surveys.title")} backTo="/more" beside={works ? <a class="button" href="#/surveys/new"><Icon name="plus" size={20} /> {t("surveys.add")}</a> : undefined}>
			<Loaded from={from}>
				{(list) => (
					<>
						{works || list.surveys.length ? (
							list.surveys.length === 0 ? <div class="empty card"><Icon name="survey" size={40} /><p>{t("surveys.none")}</p></div> : <ul class="rows">{[...list.surveys].sort((a, b) => b.until.localeCompare(a.until)).map((one) => <CampaignLine key={one.id} campaign={one} />)}</ul>
						) : null}
						{works ? null : list.shown.length === 0 ? <div class="empty card"><Icon name="survey" size={40} /><p>{t("surveys.noneShown")}</p></div> : list.shown.map((shown) => (
							<section key={shown.id} class="card stack"><h2>{shown.title}</h2><ShownResult shown={shown} questionnaires={questionnaires} /></section>
						))}
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

function NewView() {
	const from = useData<{ questionnaires: Questionnaire[] }>("/api/surveys/questionnaires", []);
	const [questionnaire, setQuestionnaire] = useState("patient");
	const [title, setTitle] = useState("");
	const [first, setFirst] = useState(dayOf());
	const [last, setLast] = useState(addDays(dayOf(), DAYS));
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const problems = problemsOf(error, "", ["title", "questionnaire", "from", "until"]);
	async function open(event: Event): Promise<void> {
		event.preventDefault();
		setBusy(true);
		setError(undefined);
		try {
			const { id } = await ask<{ id: string }>("POST", "/api/surveys", { questionnaire, title: title.trim(), ...(first ? { from: first } : {}), ...(last ? { until: last } : {}) });
			touchAll();
			return go(`/surveys/${id}`, true);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
		setBusy(false);
	}
	return (
		<ScreenFrame title={t("surveys.new")} backTo="/surveys">
			<p class="quiet">{t("surveys.what")}</p>
			<Loaded from={from}>
				{({ questionnaires }) => (
					<form class="stack" noValidate onSubmit={(event) => void open(event)}>
						<Choices id="questionnaire" label={t("surveys.which")} options={questionnaires.map((one) => ({ value: one.name ?? "", text: say(one.label) }))} value={questionnaire} onChoose={setQuestionnaire} problems={problems.of("questionnaire")} />
						<TextInput id="survey-title" label={t("surveys.name")} help={t("surveys.nameHelp")} required value={title} onInput={setTitle} problems={problems.of("title")} />
						<TextInput id="survey-from" type="date" label={t("surveys.from")} value={first} onInput={setFirst} problems={problems.of("from")} />
						<TextInput id="survey-until" type="date" label={t("surveys.until")} required value={last} onInput={setLast} problems={problems.of("until")} />
						{error && error.problems.length === 0 ? <ErrorNotice error={error} /> : null}
						<div class="row">
							<button class="primary" disabled={busy}>{busy ? t("base.saving") : t("surveys.openDo")}</button>
							<a class="button plain" href="#/surveys">{t("base.cancel")}</a>
						</div>
					</form>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/surveys", view: SurveysView, under: "/more", more: { order: 62, label: "surveys.title", icon: "survey", roles: ["nurse", "billing", "reader", "facilitator"] } };
export const screenNew: Screen = { path: "/surveys/new", view: NewView, under: "/more" };
