/* GET /api/events, read as it comes: EventSource cannot send the token. What was missed while away is asked for again. */
import { headers } from "./client";
import { link } from "./link";

export type Topic = "news" | "meeting" | "work" | "visit" | "import";
const TOPICS = new Set<string>(["news", "meeting", "work", "visit", "import"]);
const AGAIN_MS = [500, 1000, 2000, 5000, 10000];

/** Lines of one stream, put together to events: hand it text as it comes. */
export function eventReader(onEvent: (name: string) => void): (text: string) => void {
	let rest = "";
	let name = "";
	return (text) => {
		const lines = (rest + text).split("\n");
		rest = lines.pop() ?? "";
		for (const line of lines) {
			if (line.startsWith("event: ")) name = line.slice(7);
			else if (line === "" && name) {
				onEvent(name);
				name = "";
			}
		}
	};
}

async function followOnce(onTopic: (topic: Topic) => void, onOpen: () => void, signal: AbortSignal): Promise<void> {
	const reply = await fetch("/api/events", { headers: headers(), cache: "no-store", signal });
	if (!reply.ok || !reply.body) {
		if (reply.status === 401) link.set("stranger");
		throw new Error("no stream");
	}
	onOpen();
	const read = eventReader((name) => {
		if (TOPICS.has(name)) onTopic(name as Topic);
	});
	const reader = reply.body.getReader();
	const decoder = new TextDecoder();
	for (;;) {
		const { done, value } = await reader.read();
		if (done) return;
		read(decoder.decode(value, { stream: true }));
	}
}

/** Follows until the returned function is called; `onOpen` each time that the stream begins anew, `onLost` each time that it ends or does not begin. */
export function follow(onTopic: (topic: Topic) => void, onOpen: () => void, onLost: () => void): () => void {
	const stop = new AbortController();
	let tries = 0;
	const again = async (): Promise<void> => {
		while (!stop.signal.aborted) {
			try {
				await followOnce(onTopic, () => {
					tries = 0;
					onOpen();
				}, stop.signal);
			} catch {
				if (stop.signal.aborted) return;
			}
			onLost();
			const wait = AGAIN_MS[Math.min(tries++, AGAIN_MS.length - 1)] ?? 10000;
			await new Promise((done) => setTimeout(done, wait));
		}
	};
	void again();
	return () => stop.abort();
}
