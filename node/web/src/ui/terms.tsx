/* Terms of the Omaha System, found while one types, and signs picked one by one: as fields of a form (ui/form.tsx, `drawn`). */
import { useState } from "preact/hooks";
import { found, useOmaha, type Term } from "../api/omaha";
import { language, say, t, tn } from "../words";
import type { FieldProps } from "./field";
import { Icon } from "./icons";
import { Label, Problems, TextInput } from "./inputs";
import { Progress } from "./progress";

const SHOWN_MAX = 12;

/** By which sign it was found, where its label does not say it. */
function Found({ term, typed }: { term: Term; typed: string }) {
	const isByLabel = found([{ ...term, signs: [] }], typed).length > 0;
	const sign = isByLabel ? undefined : found(term.signs ?? [], typed)[0];
	return sign ? <span class="quiet small">{say(sign.label)}</span> : null;
}

/** One of many: what is chosen, or a field to search in and what is found. */
function TermPicker({ id, label, terms, value, onChoose, problems, required }: {
	id: string;
	label: string;
	terms: Term[];
	value: string;
	onChoose: (code: string | null) => void;
	problems: FieldProps["problems"];
	required: boolean;
}) {
	const [typed, setTyped] = useState("");
	const [all, setAll] = useState(false);
	const chosen = terms.find((term) => term.code === value || String(term.number) === value);
	const list = found(terms, typed);
	if (chosen)
		return (
			<div class="field">
				<Label text={label} required={required} />
				<div class="row apart term-chosen">
					<span><strong>{say(chosen.label)}</strong> <span class="quiet small">{chosen.code}</span></span>
					<button type="button" onClick={() => onChoose(null)}>{t("base.change")}</button>
				</div>
				{chosen.definition?.[language()] ? <p class="help">{say(chosen.definition)}</p> : null}
				<Problems id={`${id}-said`} problems={problems} />
			</div>
		);
	return (
		<div class="field">
			<label for={id}><Label text={label} required={required} /></label>
			<span class="searching">
				<Icon name="search" size={20} />
				<input id={id} type="search" autocomplete="off" value={typed} aria-invalid={problems.length > 0} aria-describedby={`${id}-said`} placeholder={t("terms.search")} onInput={(event) => setTyped(event.currentTarget.value)} />
			</span>
			<Problems id={`${id}-said`} problems={problems} />
			<p class="quiet small" role="status">{tn("terms.found", list.length)}</p>
			<ul class="rows">
				{(all ? list : list.slice(0, SHOWN_MAX)).map((term) => (
					<li key={term.code}>
						<button type="button" class="line term" onClick={() => { setTyped(""); onChoose(term.code); }}>
							<span class="line-text"><strong>{say(term.label)}</strong><Found term={term} typed={typed} /></span>
							<span class="quiet small">{term.code}</span>
						</button>
					</li>
				))}
			</ul>
			{list.length > SHOWN_MAX && !all ? <button type="button" onClick={() => setAll(true)}>{t("terms.all", { n: list.length })}</button> : null}
		</div>
	);
}

export function ProblemField({ kind, field, value, onValue, problems }: FieldProps) {
	const omaha = useOmaha();
	if (!omaha) return <Progress text={t("base.reading")} />;
	return <TermPicker id={`${kind.name}-${field.name}`} label={t("terms.problem")} terms={omaha.problems} value={String(value ?? "")} onChoose={onValue} problems={problems} required={field.required} />;
}

export function TargetField({ kind, field, value, onValue, problems }: FieldProps) {
	const omaha = useOmaha();
	if (!omaha) return <Progress text={t("base.reading")} />;
	return <TermPicker id={`${kind.name}-${field.name}`} label={t("terms.target")} terms={omaha.targets} value={String(value ?? "")} onChoose={onValue} problems={problems} required />;
}

/** Signs and symptoms of a problem, each a target as large as the line. */
export function SignPicker({ code, chosen, onChange, problems, legend, id }: { code: string; chosen: string[]; onChange: (codes: string[]) => void; problems: FieldProps["problems"]; legend: string; id: string }) {
	const signs = useOmaha()?.problems.find((problem) => problem.code === code || String(problem.number) === code)?.signs ?? [];
	if (signs.length === 0) return null;
	return (
		<fieldset class="choices signs" aria-describedby={`${id}-said`}>
			<legend><Label text={legend} /> {chosen.length ? <span class="quiet small">{tn("terms.signs", chosen.length)}</span> : null}</legend>
			{signs.map((sign) => (
				<label key={sign.code} class="choice">
					<input type="checkbox" checked={chosen.includes(sign.code)} onChange={(event) => onChange(event.currentTarget.checked ? [...chosen, sign.code] : chosen.filter((one) => one !== sign.code))} />
					<span>{say(sign.label)}</span>
				</label>
			))}
			<Problems id={`${id}-said`} problems={problems} />
		</fieldset>
	);
}

/** Only of what is actual; signs that were chosen before that was changed stay in sight until they are taken away. */
export function SignsField({ kind, field, value, values, onValue, problems }: FieldProps) {
	const chosen = Array.isArray(value) ? (value as string[]) : [];
	if (!values.code || (values.severity !== "actual" && chosen.length === 0)) return null;
	return <SignPicker id={`${kind.name}-${field.name}`} legend={t("problem.signs")} code={String(values.code)} chosen={chosen} onChange={onValue} problems={problems} />;
}

/** The same in one's own words, beside the coded ones. */
export function SignWords({ kind, field, value, values, onValue, problems }: FieldProps) {
	if (values.severity !== "actual" && !value) return null;
	return <TextInput id={`${kind.name}-${field.name}`} label={t("assess.signsWords")} rows={2} value={String(value ?? "")} onInput={(typed) => onValue(typed || null)} problems={problems} />;
}
