/* Paper forms that are typed in, one after the other: the number first, so that none counts twice. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { problemsOf } from "../ui/form";
import { touchAll, useData } from "../api/store";
import type { Answers, Results } from "../api/survey";
import type { Screen } from "../router";
import { TextInput } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { AnswerField } from "../ui/questions";
import { Loaded, ScreenFrame } from "../ui/screen";
import { t, tn } from "../words";

function PaperView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const from = useData<Results>(`/api/surveys/${id}/results`);
	const [sheet, setSheet] = useState("");
	const [answers, setAnswers] = useState<Answers>({});
	const [taken, setTaken] = useState(0);
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const problems = problemsOf(error, "", ["number"]);
	function set(name: string, value: string | number | undefined): void {
		const next = { ...answers };
		if (value === undefined) delete next[name];
		else next[name] = value;
		setAnswers(next);
	}
	async function enter(event: Event): Promise<void> {
		event.preventDefault();
		if (busy) return;
		setBusy(true);
		setError(undefined);
		try {
			await ask("POST", `/api/surveys/${id}/paper`, { forms: [{ number: sheet.trim(), answers }] });
			setTaken(taken + 1);
			setSheet("");
			setAnswers({});
			touchAll();
			scrollTo(0, 0);
			document.getElementById("paper-number")?.focus();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			requestAnimationFrame(() => document.querySelector<HTMLElement>('form [aria-invalid="true"]')?.focus());
		}
		setBusy(false);
	}
	return (
		<Loaded from={from}>
			{(survey) => (
				<ScreenFrame title={t("survey.typeIn")} backTo={`/surveys/${id}`} under={survey.title}>
					<p class="quiet">{t("survey.typeInWhat")}</p>
					{taken ? <Notice kind="good" live>{tn("survey.typed", taken)}</Notice> : null}
					<form class="stack" noValidate aria-busy={busy} onSubmit={(event) => void enter(event)}>
						<TextInput id="paper-number" label={t("survey.number")} help={t("survey.numberHelp")} mode="numeric" required value={sheet} onInput={setSheet} problems={problems.of("number")} />
						{(survey.questionnaire.questions ?? []).map((question) => <div key={question.name} class="card"><AnswerField id="paper" question={question} value={answers[question.name]} onValue={(value) => set(question.name, value)} /></div>)}
						{error && problems.of("number").length === 0 ? <ErrorNotice error={error} /> : null}
						<div class="foot">
							<div class="row">
								<button class="primary" disabled={busy}>{busy ? t("base.saving") : t("survey.enter")}</button>
								<a class="button plain" href={`#/surveys/${id}`}>{t("survey.finish")}</a>
							</div>
						</div>
					</form>
				</ScreenFrame>
			)}
		</Loaded>
	);
}

export const screen: Screen = { path: "/surveys/:id/paper", view: PaperView, under: "/more" };
