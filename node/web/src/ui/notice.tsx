/* What is said to somebody: in place, with what to do; errors as the node said them. */
import type { ComponentChildren } from "preact";
import { ApiError } from "../api/client";
import { language, say, t } from "../words";
import { Icon } from "./icons";

/** A refusal as a sentence of the user's language. */
export function sentenceOf(error: ApiError): string {
	if (error.status === 0) return t("base.error.gone");
	if (error.problems.length) return error.problems.map((problem) => say(problem)).join(" ");
	if (error.fr) return say({ fr: error.fr, en: error.message });
	if (language() === "en") return error.message;
	const known: Record<string, string> = {
		DENIED: t("base.error.denied"),
		NOTFOUND: t("base.error.notFound"),
		CONFLICT: t("base.error.conflict"),
		EXISTS: t("base.error.exists"),
		EXPIRED: t("base.error.expired"),
		NOSPACE: t("base.error.noSpace"),
		LOCKED: t("base.error.locked"),
		NETWORK: t("base.error.network"),
		TIMEOUT: t("base.error.network"),
		CLOSED: t("base.error.network"),
		BUSY: t("base.error.busy"),
		INVALID: t("base.error.invalid"),
	};
	return `${known[error.code] ?? t("base.error.other")} ${t("base.error.said", { words: error.message })}`;
}

export function Notice({ kind, children, live }: { kind: "good" | "warn" | "bad" | "calm"; children: ComponentChildren; live?: boolean }) {
	return (
		<div class={`notice ${kind}`} role={live ? "alert" : undefined}>
			<Icon name={kind === "good" ? "check" : kind === "calm" ? "devices" : "alert"} size={20} />
			<div>{children}</div>
		</div>
	);
}

export function ErrorNotice({ error, again }: { error: ApiError; again?: () => void }) {
	return (
		<Notice kind="bad" live>
			<p>{sentenceOf(error)}</p>
			{again ? (
				<button type="button" onClick={again}>
					{t("base.again")}
				</button>
			) : null}
		</Notice>
	);
}
