/* A page of the node's for paper (node/exchange/page.h), shown as it will be printed: its elements and texts alone, looks are ours. */
import { useEffect, useRef } from "preact/hooks";
import { t } from "../words";

const KEPT = new Set(["H1", "H2", "H3", "P", "DIV", "SECTION", "TABLE", "TBODY", "THEAD", "TR", "TH", "TD", "UL", "OL", "LI", "B", "STRONG", "SPAN", "BR", "PRE", "IMG"]);

/** Elements of the list above with their classes; of everything else its text, scripts and styles not at all. */
function copied(from: Node, into: Node): void {
	for (const child of Array.from(from.childNodes)) {
		if (child instanceof Text) into.appendChild(document.createTextNode(child.data));
		else if (child instanceof HTMLElement && KEPT.has(child.tagName)) {
			const made = document.createElement(child.tagName === "H1" ? "h2" : child.tagName === "H2" ? "h3" : child.tagName);
			made.className = child.className;
			if (child instanceof HTMLImageElement && child.src.startsWith("data:image/")) (made as HTMLImageElement).src = child.src;
			copied(child, made);
			into.appendChild(made);
		}
	}
}

export function Paper({ html, onClose }: { html: string; onClose: () => void }) {
	const sheet = useRef<HTMLDivElement>(null);
	useEffect(() => {
		/* its looks are inline, which this page's rules forbid; texts cannot hold these signs as they are (page_text) */
		const page = new DOMParser().parseFromString(html.replace(/<style>[^<]*<\/style>/g, "").replace(/ style="[^"]*"/g, ""), "text/html");
		sheet.current?.replaceChildren();
		if (sheet.current) copied(page.body, sheet.current);
		sheet.current?.focus();
	}, [html]);
	return (
		<section class="stack">
			<div class="row">
				<button type="button" class="primary" onClick={() => print()}>{t("paper.print")}</button>
				<button type="button" onClick={onClose}>{t("paper.close")}</button>
			</div>
			<div class="paper" ref={sheet} tabIndex={0} role="region" aria-label={t("paper.title")} />
		</section>
	);
}
