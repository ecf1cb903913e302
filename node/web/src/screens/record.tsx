/* Any record of a patient's file, added or changed: its form follows from the schema. */
import { kindOf, useSchema } from "../api/schema";
import { useData } from "../api/store";
import type { Rec } from "../api/types";
import { go, place, type Screen } from "../router";
import { RecordForm } from "../ui/form";
import { ErrorNotice } from "../ui/notice";
import { Progress } from "../ui/progress";
import { ScreenFrame } from "../ui/screen";
import { say, t } from "../words";

/** Fields that are given in the address: ?problem=… */
function presets(): Record<string, unknown> {
	return Object.fromEntries(place().query.entries());
}

function AddView({ params }: { params: Record<string, string> }) {
	const { id = "", kind = "" } = params;
	const label = say(kindOf(useSchema(), kind)?.label);
	const done = (): void => go(`/patients/${id}`, true);
	return (
		<ScreenFrame title={t("records.new", { kind: label })} backTo={`/patients/${id}`}>
			<RecordForm kind={kind} where={id} preset={presets()} onSaved={done} onCancel={done} />
		</ScreenFrame>
	);
}

function EditView({ params }: { params: Record<string, string> }) {
	const { id = "", kind = "", record = "" } = params;
	const label = say(kindOf(useSchema(), kind)?.label);
	const isHead = kind === "patient";
	const list = useData<{ records: Rec[] }>(isHead ? null : `/api/patients/${id}/${kind}`);
	const head = useData<Rec>(isHead ? `/api/patients/${id}` : null);
	const one = isHead ? head.data : list.data?.records.find((other) => other.id === record);
	const error = list.error ?? head.error;
	const done = (): void => go(`/patients/${id}`, true);
	return (
		<ScreenFrame title={label || t("records.title")} backTo={`/patients/${id}`}>
			{error ? <ErrorNotice error={error} /> : null}
			{one ? <RecordForm kind={kind} where={id} record={one} onSaved={done} onCancel={done} /> : error ? null : <Progress text={t("base.reading")} />}
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/patients/:id/add/:kind", view: AddView, under: "/patients" };
export const screenEdit: Screen = { path: "/patients/:id/edit/:kind/:record", view: EditView, under: "/patients" };
