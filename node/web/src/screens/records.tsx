/* Everything of a patient's file by kind, so that no kind of record is out of reach. */
import { kindOf, useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Age as AgeType, Holder, Rec } from "../api/types";
import type { Screen } from "../router";
import { titleOf } from "../ui/field";
import { Icon } from "../ui/icons";
import { Loaded, ScreenFrame } from "../ui/screen";
import { OnDevices } from "../ui/trust";
import { say, t } from "../words";
import { when } from "../words/dates";

const DOSSIER = "dossier";

function KindsView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const schema = useSchema();
	const dossier = schema?.documents.find((doc) => doc.name === DOSSIER)?.number;
	const kinds = (schema?.kinds ?? []).filter((kind) => kind.document === dossier && kind.shape !== "one" && !kind.isMade);
	return (
		<ScreenFrame title={t("records.kinds")} backTo={`/patients/${id}`}>
			<ul class="rows">
				{kinds.map((kind) => (
					<li key={kind.name}>
						<a class="line" href={`#/patients/${id}/records/${kind.name}`}>
							<span class="line-text"><strong>{say(kind.label)}</strong></span>
							<Icon name="next" size={20} />
						</a>
					</li>
				))}
			</ul>
		</ScreenFrame>
	);
}

function ListView({ params }: { params: Record<string, string> }) {
	const { id = "", kind: name = "" } = params;
	const kind = kindOf(useSchema(), name);
	const from = useData<{ records: Rec[]; holders?: Holder[]; age?: AgeType }>(`/api/patients/${id}/${name}`);
	return (
		<ScreenFrame
			title={say(kind?.label) || t("records.title")}
			backTo={`/patients/${id}/records`}
			beside={<a class="button" href={`#/patients/${id}/add/${name}`}><Icon name="plus" size={20} /> {t("base.add")}</a>}
		>
			<Loaded from={from}>
				{({ records, holders = [] }) =>
					records.length === 0 ? (
						<p class="empty card">{t("base.noneYet")}</p>
					) : (
						<ul class="rows">
							{records.map((record) => (
								<li key={record.id} class={`line${record.corrected ? " struck" : ""}`}>
									<span class="line-text">
										<strong>{kind?.shape === "event" ? when(String(record.at ?? record.start ?? record.saved ?? "")) : titleOf(kind, record)}</strong>
										<span class="quiet small prose">{String(record.data ?? record.note ?? record.text ?? record.detail ?? "")}</span>
										<OnDevices on={record.on} holders={holders} />
									</span>
									{kind?.shape === "many" ? <a href={`#/patients/${id}/edit/${name}/${record.id}`}>{t("base.change")}</a> : null}
								</li>
							))}
						</ul>
					)
				}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/records", view: KindsView, under: "/patients" };
export const screenList: Screen = { path: "/patients/:id/records/:kind", view: ListView, under: "/patients" };
