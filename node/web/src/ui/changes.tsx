/* Who changed what, and when, in sentences: of a kind of records of a file, or of one record. Asked for when it is opened. */
import { useState } from "preact/hooks";
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { say, t } from "../words";
import { when } from "../words/dates";
import { Loaded } from "./screen";

interface Change extends Words {
	saved: string;
}

const PAGE = 15;

function List({ path }: { path: string }) {
	const [limit, setLimit] = useState(PAGE);
	const from = useData<{ changes: Change[]; more: boolean }>(`${path}&limit=${limit}`);
	return (
		<Loaded from={from}>
			{({ changes, more }) => (
				<>
					<ul class="tight">
						{changes.map((change, place) => (
							<li key={place}><span class="quiet small">{when(change.saved)}</span> <span class="prose">{say(change)}</span></li>
						))}
					</ul>
					{changes.length === 0 ? <p class="quiet">{t("base.noneYet")}</p> : null}
					{more ? <button type="button" onClick={() => setLimit(limit + 2 * PAGE)}>{t("changes.more")}</button> : null}
				</>
			)}
		</Loaded>
	);
}

export function Changes({ document, kind, id, title }: { document: string; kind: string; id?: string; title: string }) {
	const [isOpen, setOpen] = useState(false);
	return (
		<details class="card changes" onToggle={(event) => setOpen(event.currentTarget.open)}>
			<summary>{title}</summary>
			{isOpen ? <List path={`/api/history/${document}?kind=${kind}${id ? `&id=${id}` : ""}`} /> : null}
		</details>
	);
}
