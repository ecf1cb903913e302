/* A thread is begun: about what, to whom, the first message. Kept as a draft; sent as one. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { useDraft } from "../api/drafts";
import { touchAll } from "../api/store";
import { go, type Screen } from "../router";
import { DraftState, problemsOf } from "../ui/form";
import { TextInput, Tick } from "../ui/inputs";
import { ErrorNotice, Notice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { memberName, useMembers } from "../ui/round-actions";
import { ScreenFrame } from "../ui/screen";
import { say, t } from "../words";

interface Sent {
	id: string;
	notGiven: { id: string; name?: string }[];
}

function NewView() {
	const draft = useDraft("thread.new", { kind: "thread" });
	const everybody = useMembers();
	const members = everybody.filter((member) => !member.self);
	const self = everybody.find((member) => member.self)?.person;
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	const [notGiven, setNotGiven] = useState<Sent>();
	if (!draft?.loaded) return <Progress text={t("base.reading")} />;
	const { subject = "", body = "", urgent = false } = draft.values as { subject?: string; body?: string; urgent?: boolean };
	const people = Array.isArray(draft.values.people) ? (draft.values.people as string[]) : [];
	const problems = problemsOf(error, "", ["subject", "body"]);
	const isBeside = problems.of("subject").length + problems.of("body").length > 0;
	function set(values: Record<string, unknown>): void {
		setError(undefined);
		draft?.set(values);
	}
	async function send(event: Event): Promise<void> {
		event.preventDefault();
		if (busy || !draft) return;
		setBusy(true);
		setError(undefined);
		try {
			/* who begins it takes part: answers are for her too */
			const to = people.length && self ? [...people, self] : people;
			const sent = await ask<Sent>("POST", "/api/threads", { ...(subject ? { subject } : {}), ...(body ? { body } : {}), people: to, ...(urgent ? { urgent } : {}) });
			await draft.flush();
			if (draft.draft) await ask("DELETE", `/api/drafts/${draft.key}`).catch(() => undefined);
			touchAll();
			if (sent.notGiven.length) setNotGiven(sent);
			else go(`/messages/${sent.id}`, true);
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
			setBusy(false);
		}
	}
	if (notGiven)
		return (
			<ScreenFrame title={t("messages.new")} backTo="/messages">
				<Notice kind="warn" live>{t("messages.notGiven", { names: notGiven.notGiven.map((one) => one.name ?? one.id).join(", ") })}</Notice>
				<a class="button" href={`#/messages/${notGiven.id}`}>{t("messages.open")}</a>
			</ScreenFrame>
		);
	return (
		<ScreenFrame title={t("messages.new")} backTo="/messages">
			<form class="stack" onSubmit={(event) => void send(event)} noValidate>
				<TextInput id="thread-subject" label={t("messages.subject")} required value={subject} onInput={(typed) => set({ subject: typed || null })} problems={problems.of("subject")} />
				<fieldset class="tight choices">
					<legend>{t("messages.whom")}</legend>
					<p class="help">{t("messages.whomHelp")}</p>
					{members.map((member) => (
						<Tick key={member.person} checked={people.includes(member.person)} onChange={(on) => set({ people: on ? [...people, member.person] : people.filter((one) => one !== member.person) })}>{memberName(member)}</Tick>
					))}
				</fieldset>
				<TextInput id="thread-body" label={t("messages.message")} required rows={5} value={body} onInput={(typed) => set({ body: typed || null })} problems={problems.of("body")} />
				<Tick checked={urgent} onChange={(on) => set({ urgent: on || null })}>{t("messages.urgent")}</Tick>
				<p class="quiet small">{t("messages.noPatients")}</p>
				{isBeside ? null : problems.rest.map((problem) => <Notice key={problem.fr} kind="bad" live>{say(problem)}</Notice>)}
				{error && error.problems.length === 0 ? <ErrorNotice error={error} /> : null}
				<div class="foot">
					<DraftState draft={draft} />
					<div class="row">
						<button class="primary" disabled={busy}>{t("messages.send")}</button>
						<a class="button" href="#/messages">{t("base.later")}</a>
					</div>
				</div>
			</form>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/messages/new", view: NewView, under: "/more" };
