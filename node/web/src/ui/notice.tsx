/* What is said to somebody: in place, with what to do; errors as the node said them. */
import type { ComponentChildren } from "preact";
import { ApiError } from "../api/client";
import { say, t } from "../words";
import { Icon } from "./icons";

/** A refusal as a sentence of the user's language. */
export function sentenceOf(error: ApiError): string {
	if (error.status === 0) return t("base.error.gone");
	if (error.problems.length) return error.problems.map((problem) => say(problem)).join(" ");
	return error.words ? say(error.words) : t("base.error.other");
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
