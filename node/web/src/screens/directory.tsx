/* People and services outside the team: found while one types, called with one tap. */
import { useState } from "preact/hooks";
import { folded } from "../api/omaha";
import { useData } from "../api/store";
import type { Holder, Rec } from "../api/types";
import { go, type Screen } from "../router";
import { useIsNurse } from "../session";
import { RecordForm } from "../ui/form";
import { Icon } from "../ui/icons";
import { Loaded, ScreenFrame } from "../ui/screen";
import { OnDevices } from "../ui/trust";
import { t, tn } from "../words";

const PAGE = 60;

function nameOf(entry: Rec): string {
	return [entry.name, entry.firstName].filter(Boolean).join(" ");
}

function wordsOf(entry: Rec): string {
	return folded([entry.name, entry.firstName, entry.profession, entry.organization, entry.town, entry.rpps, entry.note].filter(Boolean).join(" "));
}

function Entry({ entry, holders, writes }: { entry: Rec; holders: Holder[]; writes: boolean }) {
	return (
		<li class="line">
			<span class="line-text">
				<strong>{nameOf(entry)}</strong>
				<span class="quiet small">{[entry.profession, entry.organization, entry.town].filter(Boolean).join(" · ")}</span>
				{entry.phone ? <a class="target" href={`tel:${String(entry.phone)}`}><Icon name="phone" size={20} /> <span class="unseen">{t("directory.call", { name: nameOf(entry) })}</span>{String(entry.phone)}</a> : null}
				{entry.mssante ? <a class="small" href={`mailto:${String(entry.mssante)}`}>{String(entry.mssante)}</a> : entry.email ? <a class="small" href={`mailto:${String(entry.email)}`}>{String(entry.email)}</a> : null}
				{entry.note ? <span class="small prose">{String(entry.note)}</span> : null}
				<OnDevices on={entry.on} holders={holders} />
				{writes ? <a class="small" href={`#/directory/${entry.id}`}>{t("base.change")}</a> : null}
			</span>
		</li>
	);
}

function DirectoryView() {
	const [search, setSearch] = useState("");
	const [limit, setLimit] = useState(PAGE);
	const from = useData<{ records: Rec[]; holders?: Holder[] }>("/api/records/directoryEntry?limit=5000");
	const writes = useIsNurse();
	return (
		<ScreenFrame title={t("directory.short")} backTo="/more" beside={writes ? <a class="button" href="#/directory/new"><Icon name="plus" size={20} /> {t("base.add")}</a> : null}>
			<div class="searching">
				<Icon name="search" size={20} />
				<input type="search" aria-label={t("directory.search")} placeholder={t("directory.search")} value={search} onInput={(event) => setSearch(event.currentTarget.value)} autocomplete="off" />
			</div>
			<Loaded from={from}>
				{({ records, holders = [] }) => {
					const wanted = folded(search).split(/\s+/).filter(Boolean);
					const found = records.filter((entry) => wanted.every((word) => wordsOf(entry).includes(word))).sort((a, b) => nameOf(a).localeCompare(nameOf(b)));
					if (records.length === 0) return <p class="empty card">{t("directory.none")}</p>;
					return (
						<>
							<p class="quiet" role="status">{tn("directory.count", found.length)}</p>
							<ul class="rows">{found.slice(0, limit).map((entry) => <Entry key={entry.id} entry={entry} holders={holders} writes={writes} />)}</ul>
							{found.length > limit ? <button type="button" class="wide-button" onClick={() => setLimit(limit + 4 * PAGE)}>{t("work.more", { shown: limit, total: found.length })}</button> : null}
						</>
					);
				}}
			</Loaded>
		</ScreenFrame>
	);
}

const FIELDS = ["name", "firstName", "profession", "organization", "phone", "mssante", "email", "address", "town", "rpps", "note"];
const done = (): void => go("/directory", true);

function NewView() {
	return <ScreenFrame title={t("directory.new")} backTo="/directory"><RecordForm kind="directoryEntry" fields={FIELDS} onSaved={done} onCancel={done} /></ScreenFrame>;
}

function EditView({ params }: { params: Record<string, string> }) {
	const from = useData<{ records: Rec[] }>("/api/records/directoryEntry?limit=5000");
	const record = from.data?.records.find((one) => one.id === params.id);
	return (
		<ScreenFrame title={record ? nameOf(record) : t("directory.title")} backTo="/directory">
			<Loaded from={from}>{() => record ? <RecordForm kind="directoryEntry" fields={[...FIELDS, "adeli", "finess"]} record={record} onSaved={done} onCancel={done} /> : <p class="empty card">{t("base.error.notFound")}</p>}</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/directory", view: DirectoryView, under: "/more", more: { order: 40, label: "directory.title", icon: "book", roles: ["nurse", "billing", "locum", "reader", "facilitator"] } };
export const screenNew: Screen = { path: "/directory/new", view: NewView, under: "/more" };
export const screenEdit: Screen = { path: "/directory/:id", view: EditView, under: "/more" };
