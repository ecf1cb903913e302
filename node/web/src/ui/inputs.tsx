/* The smallest inputs, each with its label; what is wrong is said under it. */
import type { ComponentChildren } from "preact";
import type { Problem } from "../api/client";
import { say, t } from "../words";

export interface InputProps {
	id: string;
	label: string;
	value: string;
	onInput: (value: string) => void;
	required?: boolean | undefined;
	help?: string | undefined;
	problems?: Problem[] | undefined;
	type?: "text" | "date" | "datetime-local" | "search" | "tel" | "email" | undefined;
	mode?: "text" | "numeric" | "decimal" | "tel" | "email" | undefined;
	rows?: number | undefined;
	unit?: string | undefined;
}

/** What is wrong with a field, read out as soon as it is there. */
export function Problems({ id, problems }: { id: string; problems: Problem[] | undefined }) {
	return (
		<span id={id} aria-live="polite">
			{problems?.map((problem) => (
				<span key={problem.fr} class="problem">
					{say(problem)}
				</span>
			))}
		</span>
	);
}

export function Label({ text, required, unit }: { text: string; required?: boolean | undefined; unit?: string | undefined }) {
	return (
		<span class="label">
			{text}
			{unit ? <span class="quiet"> ({unit})</span> : null}
			{required ? <span class="quiet"> · {t("base.required")}</span> : null}
		</span>
	);
}

export function TextInput({ id, label, value, onInput, required, help, problems, type = "text", mode, rows = 1, unit }: InputProps) {
	const wrong = Boolean(problems?.length);
	const shared = {
		id,
		value,
		autocomplete: "off",
		"aria-invalid": wrong,
		"aria-describedby": `${id}-said`,
		onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
	} as const;
	return (
		<div class="field">
			<label for={id}>
				<Label text={label} required={required} unit={unit} />
			</label>
			{help ? <span class="help">{help}</span> : null}
			{rows > 1 ? <textarea rows={rows} {...shared} /> : <input type={type} inputMode={mode} {...shared} />}
			<Problems id={`${id}-said`} problems={problems} />
		</div>
	);
}

export interface Option {
	value: string;
	text: string;
}

/** One of a few, each a target of its own; a tap on the chosen one takes it away where `clears`. */
export function Choices({ id, label, options, value, onChoose, required, problems, clears, marked }: {
	id: string;
	label: string;
	options: Option[];
	value: string;
	onChoose: (value: string) => void;
	required?: boolean | undefined;
	problems?: Problem[] | undefined;
	clears?: boolean | undefined;
	/** One that is marked with a dot, as the score before. */
	marked?: string | undefined;
}) {
	return (
		<fieldset class="choices" aria-describedby={`${id}-said`}>
			<legend>
				<Label text={label} required={required} />
			</legend>
			{options.map((option) => (
				<label key={option.value} class={`choice${option.value === marked ? " before" : ""}`}>
					<input
						type="radio"
						name={id}
						value={option.value}
						checked={option.value === value}
						onClick={() => clears && option.value === value && onChoose("")}
						onChange={() => onChoose(option.value)}
					/>
					<span>{option.text}</span>
				</label>
			))}
			<Problems id={`${id}-said`} problems={problems} />
		</fieldset>
	);
}

export function Select({ id, label, options, value, onChoose, required, problems }: {
	id: string;
	label: string;
	options: Option[];
	value: string;
	onChoose: (value: string) => void;
	required?: boolean | undefined;
	problems?: Problem[] | undefined;
}) {
	return (
		<div class="field">
			<label for={id}>
				<Label text={label} required={required} />
			</label>
			<select id={id} value={value} aria-invalid={Boolean(problems?.length)} aria-describedby={`${id}-said`} onChange={(event) => onChoose(event.currentTarget.value)}>
				<option value="">{t("base.nothing")}</option>
				{options.map((option) => (
					<option key={option.value} value={option.value}>
						{option.text}
					</option>
				))}
			</select>
			<Problems id={`${id}-said`} problems={problems} />
		</div>
	);
}

export function Tick({ checked, onChange, children }: { checked: boolean; onChange: (checked: boolean) => void; children: ComponentChildren }) {
	return (
		<label class="tick">
			<input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
			<span>{children}</span>
		</label>
	);
}
