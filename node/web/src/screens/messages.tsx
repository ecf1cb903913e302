/* Messages inside the team: the threads, what of them is unread, and one thread with who has read what. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { touchAll, useData } from "../api/store";
import type { Holder, Person, Rec } from "../api/types";
import type { Screen } from "../router";
import { useCares, useStatus } from "../session";
import { RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { Tick } from "../ui/inputs";
import { ErrorNotice } from "../ui/notice";
import { memberName, useMembers } from "../ui/round-actions";
import { Loaded, ScreenFrame } from "../ui/screen";
import { OnDevices } from "../ui/trust";
import { t, tn } from "../words";
import { when } from "../words/dates";

export interface Thread {
	id: string;
	subject: string;
	people: (Person & { name?: string })[];
	messages: number;
	unread: number;
	urgent: number;
	mine: boolean;
	lastAt?: string;
}

interface Message extends Rec {
	body: string;
	by?: { name?: string; self: boolean };
	readBy: { id: string; name?: string }[];
	read: boolean;
}

interface OneThread extends Thread {
	list: Message[];
	left: number;
	holders: Holder[];
}

const PAGE = 30;

/** Whom it is for, in words; oneself last. */
function useAddressees(): (thread: Thread) => string {
	const me = useStatus()?.person ?? "";
	return (thread) => {
		const others = thread.people.filter((person) => !me.startsWith(person.id)).map((person) => person.name ?? person.id);
		const mine = others.length < thread.people.length ? [t("hours.you")] : [];
		return thread.people.length ? [...others, ...mine].join(", ") : t("messages.everybody");
	};
}

export function Unread({ thread }: { thread: Thread }) {
	return (
		<>
			{thread.urgent ? <span class="tag bad">{tn("messages.urgentCount", thread.urgent)}</span> : null}
			{thread.unread ? <span class="tag warn">{tn("messages.unread", thread.unread)}</span> : null}
		</>
	);
}

function ThreadLine({ thread }: { thread: Thread }) {
	const peopleOf = useAddressees();
	return (
		<li>
			<a class="line" href={`#/messages/${thread.id}`}>
				<span class="line-text">
					<strong>{thread.subject}</strong>
					<span class="quiet small">{t("messages.to", { names: peopleOf(thread) })}</span>
					<span class="row"><Unread thread={thread} />{thread.lastAt ? <span class="quiet small">{when(thread.lastAt)}</span> : null}</span>
				</span>
				<Icon name="next" size={20} />
			</a>
		</li>
	);
}

function MessagesView() {
	const writes = useCares();
	const from = useData<{ threads: Thread[]; total: number; unread: number }>("/api/threads?limit=200");
	return (
		<ScreenFrame title={t("messages.title")} backTo="/more">
			{writes ? <a class="button" href="#/messages/new"><Icon name="plus" size={20} /> {t("messages.new")}</a> : null}
			<Loaded from={from}>
				{({ threads, unread }) => threads.length === 0 ? <p class="empty card">{t("messages.none")}</p> : (
					<>
						<p class="quiet" role="status">{unread ? tn("messages.unread", unread) : t("messages.allRead")}</p>
						<ul class="rows">{[...threads].sort((a, b) => Number(b.mine && b.urgent > 0) - Number(a.mine && a.urgent > 0)).map((thread) => <ThreadLine key={thread.id} thread={thread} />)}</ul>
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

function Bubble({ message, holders }: { message: Message; holders: Holder[] }) {
	const names = message.readBy.map((one) => one.name ?? one.id);
	return (
		<li class={`card tight bubble${message.by?.self ? " own" : ""}${message.urgent ? " urgent" : ""}${message.corrected ? " struck" : ""}`}>
			<p class="row apart small">
				<strong>{message.by?.name ?? t("conflicts.unknown")}</strong>
				<span class="quiet">{when(String(message.at ?? message.saved))}</span>
			</p>
			{message.urgent || !message.read ? (
				<p class="row">
					{message.urgent ? <span class="tag bad">{t("patient.urgent")}</span> : null}
					{message.read ? null : <span class="tag warn">{t("messages.notRead")}</span>}
				</p>
			) : null}
			<p class="prose">{message.body}</p>
			<p class="quiet small">{names.length ? t("messages.readBy", { names: names.join(", ") }) : t("messages.readByNobody")}</p>
			<OnDevices on={message.on} holders={holders} />
		</li>
	);
}

/** Whom it is addressed to from now on. */
function Addressees({ thread }: { thread: OneThread }) {
	const members = useMembers();
	const peopleOf = useAddressees();
	const [chosen, setChosen] = useState<string[]>();
	const [error, setError] = useState<ApiError>();
	const now = chosen ?? members.filter((member) => thread.people.some((person) => member.person.startsWith(person.id))).map((member) => member.person);
	async function save(): Promise<void> {
		setError(undefined);
		try {
			await ask("POST", `/api/threads/${thread.id}/people`, { people: now });
			setChosen(undefined);
			touchAll();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<details class="card">
			<summary>{t("messages.to", { names: peopleOf(thread) })}</summary>
			<div class="stack">
				<p class="quiet small">{t("messages.addressed")}</p>
				<div class="tight">{members.map((member) => <Tick key={member.person} checked={now.includes(member.person)} onChange={(on) => setChosen(on ? [...now, member.person] : now.filter((one) => one !== member.person))}>{memberName(member)}</Tick>)}</div>
				{error ? <ErrorNotice error={error} /> : null}
				<button type="button" disabled={!chosen} onClick={() => void save()}>{t("base.save")}</button>
			</div>
		</details>
	);
}

function ThreadView({ params }: { params: Record<string, string> }) {
	const id = params.id ?? "";
	const writes = useCares();
	const peopleOf = useAddressees();
	const [limit, setLimit] = useState(PAGE);
	const [sent, setSent] = useState(0);
	const [error, setError] = useState<ApiError>();
	const from = useData<OneThread>(`/api/threads/${id}?limit=${limit}`);
	async function read(): Promise<void> {
		setError(undefined);
		await ask("POST", `/api/threads/${id}/read`, {}).catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		touchAll();
	}
	return (
		<ScreenFrame title={from.data?.subject ?? t("messages.title")} backTo="/messages">
			<Loaded from={from}>
				{(thread) => (
					<>
						{writes ? <Addressees thread={thread} /> : <p class="quiet">{t("messages.to", { names: peopleOf(thread) })}</p>}
						{thread.left ? <button type="button" onClick={() => setLimit(limit + PAGE)}>{tn("messages.older", thread.left)}</button> : null}
						<ol class="stack" aria-label={t("messages.title")}>{thread.list.map((message) => <Bubble key={message.id} message={message} holders={thread.holders} />)}</ol>
						{error ? <ErrorNotice error={error} /> : null}
						{thread.unread ? <button type="button" class="primary wide-button" onClick={() => void read()}><Icon name="check" size={20} /> {tn("messages.markRead", thread.unread)}</button> : null}
						{writes ? (
							<section class="stack">
								<h2>{t("messages.reply")}</h2>
								<RecordForm key={sent} kind="message" where={id} fields={["body", "urgent"]} action={t("messages.send")} onSaved={() => setSent(sent + 1)} onCancel={() => history.back()} />
							</section>
						) : null}
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/messages", view: MessagesView, under: "/more", more: { order: 34, label: "messages.title", icon: "message" } };
export const screenThread: Screen = { path: "/messages/:id", view: ThreadView, under: "/more" };
