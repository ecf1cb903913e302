/* A text that somebody takes elsewhere: shown whole, copied by a tap. */
import { useRef, useState } from "preact/hooks";
import { t } from "../words";

export function Copy({ text, label }: { text: string; label: string }) {
	const shown = useRef<HTMLPreElement>(null);
	const [said, setSaid] = useState("");
	async function copy(): Promise<void> {
		try {
			await navigator.clipboard.writeText(text);
			setSaid(t("copy.done"));
		} catch {
			/* not allowed here: it is marked, for the keyboard */
			if (shown.current) getSelection()?.selectAllChildren(shown.current);
			setSaid(t("copy.self"));
		}
	}
	return (
		<div class="tight">
			<pre ref={shown} class="to-copy" tabIndex={0} aria-label={label}>{text}</pre>
			<div class="row">
				<button type="button" onClick={() => void copy()}>{t("copy.do")}</button>
				<span role="status" class="quiet">{said}</span>
			</div>
		</div>
	);
}
