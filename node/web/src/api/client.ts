/* Requests to the node that served this page. The token comes in the address's fragment, once; it dies with the program. */
import { link } from "./link";

export interface Problem {
	field?: string;
	path?: string;
	number?: number;
	fr: string;
	en: string;
}

/** A refusal, in the node's words. `status` 0: nobody answered. */
export class ApiError extends Error {
	readonly problems: Problem[];
	constructor(
		readonly status: number,
		readonly code: string,
		message: string,
		readonly body: Record<string, unknown> = {},
	) {
		super(message);
		this.problems = Array.isArray(body.problems) ? (body.problems as Problem[]) : [];
	}
	get fr(): string | undefined {
		return typeof this.body.fr === "string" ? this.body.fr : undefined;
	}
}

const KEY = "releve.token";

/** Takes the token out of the address bar. False: there is none, neither there nor kept. */
export function takeToken(): boolean {
	const given = /^#([0-9a-f]{64})$/.exec(location.hash);
	if (given?.[1]) {
		sessionStorage.setItem(KEY, given[1]);
		history.replaceState(null, "", "/#/");
	}
	return sessionStorage.getItem(KEY) !== null;
}

export function headers(): Record<string, string> {
	return { Authorization: `Bearer ${sessionStorage.getItem(KEY) ?? ""}` };
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Asking {
	/** Nobody touched anything: it does not keep the device from locking by itself. */
	unattended?: boolean;
	signal?: AbortSignal;
	/** The page is going away: let the request live on. */
	keepalive?: boolean;
}

function failed(status: number, reply: unknown): ApiError {
	const error = (reply as { error?: Record<string, unknown> } | null)?.error ?? {};
	const code = typeof error.code === "string" ? error.code : "INTERNAL";
	return new ApiError(status, code, typeof error.message === "string" ? error.message : code, error);
}

/** One request; a Blob goes as it is, all else as JSON. Throws ApiError; what concerns every screen (locked, gone, full) is told to `link` too. */
export async function ask<T>(method: Method, path: string, body?: unknown, asking: Asking = {}): Promise<T> {
	const target = asking.unattended ? path + (path.includes("?") ? "&" : "?") + "unattended=1" : path;
	const init: RequestInit = { method, headers: headers(), cache: "no-store" };
	if (asking.signal) init.signal = asking.signal;
	if (asking.keepalive) init.keepalive = true;
	if (method !== "GET" && method !== "DELETE") init.body = body instanceof Blob ? body : JSON.stringify(body ?? {});
	let reply: Response;
	try {
		reply = await fetch(target, init);
	} catch (problem) {
		if (asking.signal?.aborted) throw problem;
		link.gone();
		throw new ApiError(0, "GONE", "The program does not answer.");
	}
	const json: unknown = await reply.json().catch(() => null);
	if (reply.ok) {
		link.here(method);
		return json as T;
	}
	const error = failed(reply.status, json);
	link.refused(error.status, error.code);
	throw error;
}
