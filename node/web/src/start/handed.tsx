/* A device in somebody else's hands, for one questionnaire: nothing else of it is reached until its nurse gives the passphrase. */
import { useEffect, useReducer, useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { link } from "../api/link";
import { forget } from "../api/store";
import type { Answers, Hand } from "../api/survey";
import { Icon } from "../ui/icons";
import { Notice, sentenceOf } from "../ui/notice";
import { Progress } from "../ui/progress";
import { AnswerField } from "../ui/questions";
import { say, t } from "../words";

const KEY = "releve.hand";

type Handed = "no" | "form" | "taken" | "apart";

/** How it is with this device. The token lives as long as the page's own; answers are nowhere but on the screen. */
class Hands {
	state: Handed = sessionStorage.getItem(KEY) ? "form" : "no";
	private readonly listeners = new Set<() => void>();
	private set(state: Handed): void {
		this.state = state;
		if (state !== "form") sessionStorage.removeItem(KEY);
		this.listeners.forEach((listener) => listener());
	}
	token(): string {
		return sessionStorage.getItem(KEY) ?? "";
	}
	give(hand: Hand): void {
		sessionStorage.setItem(KEY, hand.token);
		forget();
		this.set("form");
	}
	/** Everything is refused, and this window has no token: another one has it. */
	seen(): void {
		if (this.state === "no") this.set("apart");
	}
	/** It answers as it does in its nurse's hands: what another window had is over. */
	ended(): void {
		if (this.state === "apart") this.set("no");
	}
	taken(): void {
		this.set("taken");
	}
	back(): void {
		this.set("no");
		forget();
		link.set("locked");
	}
	listen(listener: () => void): () => void {
		this.listeners.add(listener);
		return () => this.listeners.delete(listener);
	}
}

export const hands = new Hands();

export function useHanded(): Handed {
	const [, draw] = useReducer((n: number) => n + 1, 0);
	useEffect(() => hands.listen(() => draw(0)), []);
	return hands.state;
}

/** The nurse has it again: locked, and then her passphrase. An answer that was not sent is lost. */
function TakeBack({ loud }: { loud?: boolean }) {
	const [error, setError] = useState<ApiError>();
	async function lock(): Promise<void> {
		try {
			await ask("POST", "/api/lock", {});
		} catch (problem) {
			if (problem instanceof ApiError && problem.code !== "LOCKED" && problem.status !== 0) return setError(problem);
		}
		hands.back();
	}
	return (
		<>
			{error ? <Notice kind="bad" live>{sentenceOf(error)}</Notice> : null}
			<button type="button" class={loud ? "primary" : "plain"} onClick={() => void lock()}><Icon name="lock" size={20} /> {loud ? t("survey.reclaim") : t("survey.takeBack")}</button>
		</>
	);
}

function Form({ hand }: { hand: Omit<Hand, "token"> }) {
	const questions = hand.questionnaire.questions ?? [];
	const [answers, setAnswers] = useState<Answers>({});
	const [step, setStep] = useState(-1);
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const question = questions[step];
	const count = Object.keys(answers).length;
	function set(name: string, value: string | number | undefined): void {
		const next = { ...answers };
		if (value === undefined) delete next[name];
		else next[name] = value;
		setAnswers(next);
	}
	async function send(): Promise<void> {
		setBusy(true);
		setError(undefined);
		try {
			await ask("POST", "/api/surveys/form", { token: hands.token(), answers });
			setAnswers({});
			hands.taken();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			setBusy(false);
		}
	}
	useEffect(() => {
		scrollTo(0, 0);
		document.querySelector<HTMLElement>("h1, h2")?.focus({ preventScroll: true });
	}, [step]);
	if (step < 0)
		return (
			<>
				<h1 tabIndex={-1}>{say(hand.questionnaire.label) || hand.title}</h1>
				<p class="big-text">{say(hand.questionnaire.note)}</p>
				<button type="button" class="primary wide-button" onClick={() => setStep(0)}>{t("survey.begin")}</button>
				<TakeBack />
			</>
		);
	if (!question)
		return (
			<>
				<h1 tabIndex={-1}>{t("survey.lastStep")}</h1>
				<p class="big-text">{count ? t("survey.answered", { n: count, of: questions.length }) : t("survey.answeredNone")}</p>
				{error ? <Notice kind="bad" live>{sentenceOf(error)}</Notice> : null}
				<button type="button" class="primary wide-button" disabled={busy || count === 0} onClick={() => void send()}>{busy ? t("survey.sending") : t("survey.send")}</button>
				<button type="button" class="wide-button" disabled={busy} onClick={() => setStep(step - 1)}>{t("survey.previous")}</button>
			</>
		);
	return (
		<>
			<h1 tabIndex={-1} class="small quiet">{t("survey.step", { n: step + 1, of: questions.length })}</h1>
			<progress value={step + 1} max={questions.length} aria-label={t("survey.step", { n: step + 1, of: questions.length })} />
			<AnswerField key={question.name} id="hand" question={question} value={answers[question.name]} onValue={(value) => set(question.name, value)} />
			<div class="stack">
				<button type="button" class="primary wide-button" onClick={() => setStep(step + 1)}>{answers[question.name] === undefined ? t("survey.skip") : t("survey.next")}</button>
				<button type="button" class="wide-button" onClick={() => setStep(step - 1)}>{t("survey.previous")}</button>
			</div>
		</>
	);
}

function OpenForm() {
	const [hand, setHand] = useState<Omit<Hand, "token">>();
	const [error, setError] = useState<ApiError>();
	useEffect(() => {
		ask<Omit<Hand, "token"> & { taken: boolean }>("GET", `/api/surveys/form?token=${hands.token()}`)
			.then((reply) => (reply.taken ? hands.taken() : setHand(reply)))
			.catch((problem: unknown) => {
				/* it is locked already, or was never handed over: the passphrase page says the rest */
				if (problem instanceof ApiError && problem.status === 403) hands.back();
				else if (problem instanceof ApiError) setError(problem);
			});
	}, []);
	if (error) return <><Notice kind="bad" live>{sentenceOf(error)}</Notice><TakeBack loud /></>;
	return hand ? <Form hand={hand} /> : <Progress text={t("base.reading")} />;
}

export function HandedOver({ state }: { state: Handed }) {
	return (
		<main class="whole stack handed">
			{state === "form" ? <OpenForm /> : state === "taken" ? (
				<>
					<Icon name="check" size={56} />
					<h1 tabIndex={-1}>{t("survey.thanks")}</h1>
					<p class="big-text">{t("survey.giveBack")}</p>
					<button type="button" class="wide-button" onClick={() => hands.back()}><Icon name="lock" size={20} /> {t("survey.nurseHere")}</button>
				</>
			) : (
				<>
					<Icon name="survey" size={40} />
					<h1 tabIndex={-1}>{t("survey.apart")}</h1>
					<p>{t("survey.apartWhat")}</p>
					<TakeBack loud />
				</>
			)}
		</main>
	);
}
