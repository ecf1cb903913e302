/* It is saved: what, how long, and where it is. */
import { useData } from "../api/store";
import type { Holder, PatientRow, Rec } from "../api/types";
import { place, type Screen } from "../router";
import { Icon } from "../ui/icons";
import { Loaded, ScreenFrame } from "../ui/screen";
import { OnDevices } from "../ui/trust";
import { t } from "../words";
import { clock, duration } from "../words/dates";
import { patientName } from "./patients";

function DoneView() {
	const patient = place().query.get("patient") ?? "";
	const who = useData<PatientRow>(patient ? `/api/patients/${patient}` : null).data;
	const from = useData<{ records: Rec[]; holders: Holder[] }>(patient ? `/api/patients/${patient}/visit?limit=1` : null, ["news", "meeting"]);
	return (
		<ScreenFrame title={t("visit.saved")} backTo="/round">
			<Loaded from={from}>
				{({ records, holders }) => {
					const visit = records[0];
					if (!visit) return null;
					const minutes = Math.round((new Date(String(visit.end)).getTime() - new Date(String(visit.start)).getTime()) / 60000);
					return (
						<section class="card stack done">
							<Icon name="check" size={48} />
							<h2>{who ? patientName(who) : ""}</h2>
							<p>
								{clock(String(visit.start))}–{clock(String(visit.end))} · <strong>{duration(minutes)}</strong>
							</p>
							<OnDevices on={visit.on} holders={holders} />
						</section>
					);
				}}
			</Loaded>
			<a class="button primary wide-button" href="#/round">{t("visit.toRound")}</a>
			<a class="button wide-button" href={`#/patients/${patient}`}>{t("visit.file")}</a>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/visit/done", view: DoneView, under: "/round" };
