/* Measures outside of a visit. What is rarely seen is said while one types, is kept, and is marked afterwards. */
import { useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Limits, Vitals } from "../api/vitals";
import { go, type Screen } from "../router";
import { RecordForm } from "../ui/form";
import { Measures } from "../ui/measures";
import { PatientFrame } from "../ui/patient-frame";
import { Progress } from "../ui/progress";
import { t } from "../words";
import { nowMoment } from "../words/clock";

function AddView({ params }: { params: Record<string, string> }) {
	const { id = "" } = params;
	const schema = useSchema();
	const followed = useData<Vitals>(`/api/patients/${id}/vitals`).data?.vitals ?? [];
	const limits: Record<string, Limits | undefined> = Object.fromEntries(followed.map((one) => [one.type, one.limits]));
	const others = (schema?.vitals ?? []).filter((vital) => vital.otherUnits.length).map((vital) => vital.otherUnits.join(", "));
	const back = (): void => go(`/patients/${id}/vitals`, true);
	return (
		<PatientFrame id={id} title={t("vitals.add")} backTo={`/patients/${id}/vitals`}>
			{schema ? (
				<>
					<p class="quiet small">{t("vitals.units", { units: [...new Set(others)].join(", ") })}</p>
					<RecordForm
						kind="vital"
						where={id}
						fields={["measures", "context", "at"]}
						preset={{ at: nowMoment() }}
						draw={{ measures: (props) => <Measures schema={schema} value={props.value} limits={limits} problems={props.problems} onValue={props.onValue} /> }}
						onSaved={back}
						onCancel={back}
					/>
				</>
			) : (
				<Progress text={t("base.reading")} />
			)}
		</PatientFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/vitals/add", view: AddView, under: "/patients" };
