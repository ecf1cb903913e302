/* One field of a record, drawn from the schema: so that every kind can be edited in one way. Values are as the interface takes
 * them; what cannot be one yet stays as it was typed, is kept in the draft, and is refused by the node under this field. */
import type { Problem } from "../api/client";
import { useOmaha } from "../api/omaha";
import type { FieldOf, Kind, Schema } from "../api/schema";
import { useData } from "../api/store";
import type { Rec } from "../api/types";
import { say, t } from "../words";
import { localOf, momentOf } from "../words/clock";
import { Choices, Label, Problems, Select, TextInput, Tick, type Option } from "./inputs";

export interface FieldProps {
	schema: Schema;
	kind: Kind;
	field: FieldOf;
	/** The document, where there are several: a patient, a thread. */
	where: string | undefined;
	value: unknown;
	onValue: (value: unknown) => void;
	problems: Problem[];
	/** The other fields, for choices that hang together. */
	values: Record<string, unknown>;
}

const FEW = 6;

function text(value: unknown): string {
	return value === undefined || value === null ? "" : String(value);
}

/** What names a record in a list. */
export function titleOf(kind: Kind | undefined, record: Rec): string {
	return (kind?.title ?? []).map((name) => text(record[name])).filter(Boolean).join(" ") || record.id.slice(0, 8);
}

function useRecords(schema: Schema, number: number | undefined, where: string | undefined): { kind: Kind | undefined; records: Rec[] } {
	const kind = schema.kinds.find((one) => one.number === number);
	const per = schema.documents.find((doc) => doc.number === kind?.document)?.per;
	const path = !kind ? null : kind.name === "person" ? "/api/records/person" : per === "patient" ? (where ? `/api/patients/${where}/${kind.name}` : null) : `/api/records/${kind.name}`;
	return { kind, records: useData<{ records: Rec[] }>(path).data?.records ?? [] };
}

/** Ids are short in fields of that type: their first six bytes. */
function shortOf(type: string, id: string): string {
	return type === "ref" ? id : id.slice(0, 12);
}

function Reference({ schema, field, where, value, onValue, problems, id }: FieldProps & { id: string }) {
	const { kind, records } = useRecords(schema, field.refers, where);
	const options = records.map((record) => ({ value: shortOf(field.type, record.id), text: titleOf(kind, record) }));
	return <Select id={id} label={say(field.label)} options={options} value={text(value)} onChoose={(chosen) => onValue(chosen || null)} required={field.required} problems={problems} />;
}

function References({ schema, field, where, value, onValue, problems, id }: FieldProps & { id: string }) {
	const { kind, records } = useRecords(schema, field.refers, where);
	const chosen = Array.isArray(value) ? (value as string[]) : [];
	return (
		<fieldset class="tight choices">
			<legend>
				<Label text={say(field.label)} required={field.required} />
			</legend>
			{records.length === 0 ? <span class="quiet">{t("base.noneYet")}</span> : null}
			{records.map((record) => {
				const short = record.id.slice(0, 12);
				return (
					<Tick key={short} checked={chosen.includes(short)} onChange={(on) => onValue(on ? [...chosen, short] : chosen.filter((one) => one !== short))}>
						{titleOf(kind, record)}
					</Tick>
				);
			})}
			<Problems id={`${id}-said`} problems={problems} />
		</fieldset>
	);
}

function OmahaCode({ field, value, onValue, problems, id }: FieldProps & { id: string }) {
	const omaha = useOmaha();
	const terms = field.rule === "omahaTarget" ? omaha?.targets : omaha?.problems;
	const options = (terms ?? []).map((term) => ({ value: term.code, text: `${say(term.label)} (${term.code})` })).sort((a, b) => a.text.localeCompare(b.text));
	return <Select id={id} label={say(field.label)} options={options} value={text(value)} onChoose={(chosen) => onValue(chosen || null)} required={field.required} problems={problems} />;
}

function OmahaSigns({ field, value, onValue, problems, values, id }: FieldProps & { id: string }) {
	const omaha = useOmaha();
	const signs = omaha?.problems.find((problem) => problem.code === values.code)?.signs ?? [];
	const chosen = Array.isArray(value) ? (value as string[]) : [];
	if (signs.length === 0) return null;
	return (
		<fieldset class="tight choices">
			<legend>
				<Label text={say(field.label)} />
			</legend>
			{signs.map((sign) => (
				<Tick key={sign.code} checked={chosen.includes(sign.code)} onChange={(on) => onValue(on ? [...chosen, sign.code] : chosen.filter((one) => one !== sign.code))}>
					{say(sign.label)}
				</Tick>
			))}
			<Problems id={`${id}-said`} problems={problems} />
		</fieldset>
	);
}

/** Measures by their names, as typed: "36,8" too. */
export function Vitals({ schema, value, onValue, problems, only, id = "vital" }: { schema: Schema; value: unknown; onValue: (value: unknown) => void; problems: Problem[]; only?: string[]; id?: string }) {
	const measures = (value ?? {}) as Record<string, string>;
	const shown = schema.vitals.filter((vital) => !only || only.includes(vital.name));
	return (
		<div class="vitals">
			{shown.map((vital) => (
				<TextInput
					key={vital.name}
					id={`${id}-${vital.name}`}
					label={say(vital.label)}
					unit={vital.unit}
					mode="decimal"
					value={text(measures[vital.name])}
					onInput={(typed) => {
						const next = { ...measures };
						if (typed.trim() === "") delete next[vital.name];
						else next[vital.name] = typed.replace(",", ".").trim();
						onValue(Object.keys(next).length ? next : null);
					}}
				/>
			))}
			<Problems id={`${id}-said`} problems={problems} />
		</div>
	);
}

function optionsOf(field: FieldOf): Option[] {
	return (field.choices ?? []).map((choice) => ({ value: choice.name, text: say(choice.label) }));
}

function Enumeration({ field, value, onValue, problems, id }: FieldProps & { id: string }) {
	const shared = { id, label: say(field.label), options: optionsOf(field), value: text(value), required: field.required, problems, onChoose: (chosen: string) => onValue(chosen || null) };
	return shared.options.length <= FEW ? <Choices {...shared} clears={!field.required} /> : <Select {...shared} />;
}

/** A whole number once it is one. */
function numberOf(typed: string): unknown {
	const trimmed = typed.trim();
	if (trimmed === "") return null;
	return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
}

/** "12,50" is 1250 cents. */
function centsOf(typed: string): unknown {
	const parts = /^\s*(-?\d{1,12})(?:[.,](\d{1,2}))?\s*$/.exec(typed);
	if (!parts) return typed.trim() || null;
	const cents = Number((parts[2] ?? "").padEnd(2, "0"));
	return Number(parts[1]) * 100 + (parts[1]?.startsWith("-") ? -cents : cents);
}

export function Field(props: FieldProps) {
	const { kind, field, value, onValue, problems } = props;
	const id = `${kind.name}-${field.name}`;
	const shared = { id, label: say(field.label), required: field.required, problems, unit: field.unit };
	const asText = { ...shared, value: text(value), onInput: (typed: string) => onValue(typed === "" ? null : typed) };
	if (field.rule === "omahaProblem" || field.rule === "omahaTarget") return <OmahaCode {...props} id={id} />;
	switch (field.type) {
		case "enum":
			return <Enumeration {...props} id={id} />;
		case "bool":
			return <Tick checked={value === true} onChange={onValue}>{say(field.label)}</Tick>;
		case "date":
			return <TextInput {...asText} type="date" />;
		case "instant":
		case "after":
			return <TextInput {...shared} type="datetime-local" value={localOf(text(value))} onInput={(typed) => onValue(momentOf(typed))} />;
		case "int":
		case "minutes":
			return <TextInput {...shared} mode="numeric" value={text(value)} onInput={(typed) => onValue(numberOf(typed))} />;
		case "cents":
			return <TextInput {...shared} unit="€" mode="decimal" value={typeof value === "number" ? (value / 100).toFixed(2) : text(value)} onInput={(typed) => onValue(centsOf(typed))} />;
		case "decimal":
			return <TextInput {...asText} mode="decimal" onInput={(typed) => onValue(typed.trim() === "" ? null : typed.replace(",", ".").trim())} />;
		case "ref":
		case "short":
			return <Reference {...props} id={id} />;
		case "shorts":
			return <References {...props} id={id} />;
		case "codes":
			return <OmahaSigns {...props} id={id} />;
		case "vitals":
			return (
				<fieldset class="tight choices">
					<legend>
						<Label text={say(field.label)} required={field.required} />
					</legend>
					<Vitals id={id} schema={props.schema} value={value} onValue={onValue} problems={problems} />
				</fieldset>
			);
		case "bytes":
			return null;
		case "text":
			return <TextInput {...asText} rows={field.class === "narrative" || field.name === "note" ? 4 : 1} mode={/phone|mobile/i.test(field.name) ? "tel" : "text"} />;
	}
}
