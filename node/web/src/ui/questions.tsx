/* A question of a questionnaire, answered with a finger: targets as large as there is room for. */
import type { Question } from "../api/survey";
import { say, t } from "../words";

const SCALE = Array.from({ length: 11 }, (_, value) => value);
const TEXT_MAX = 900;

interface AnswerProps {
	question: Question;
	value: string | number | undefined;
	onValue: (value: string | number | undefined) => void;
	/** In front of ids, where several forms are on a page. */
	id: string;
}

/** A second touch takes an answer back: nobody has to answer. */
function Options({ question, value, onValue, id }: AnswerProps) {
	const options = question.type === "scale" ? SCALE.map((one) => ({ value: one as string | number, text: String(one) })) : (question.choices ?? []).map((choice) => ({ value: choice.name as string | number, text: say(choice.label) }));
	return (
		<div class={`answers ${question.type}`}>
			{options.map((option) => (
				<label key={option.value} class="choice">
					<input type="radio" name={`${id}-${question.name}`} value={String(option.value)} checked={value === option.value} onClick={() => value === option.value && onValue(undefined)} onChange={() => onValue(option.value)} />
					<span>{option.text}</span>
				</label>
			))}
		</div>
	);
}

export function AnswerField(props: AnswerProps) {
	const { question, value, onValue, id } = props;
	if (question.type === "text")
		return (
			<div class="field">
				<label class="label" for={`${id}-${question.name}`}>{say(question.label)}</label>
				<textarea id={`${id}-${question.name}`} rows={4} maxLength={TEXT_MAX} autocomplete="off" value={typeof value === "string" ? value : ""} onInput={(event) => onValue(event.currentTarget.value || undefined)} />
			</div>
		);
	return (
		<fieldset class="question">
			<legend class="label">{say(question.label)}</legend>
			{question.type === "scale" ? <p class="row apart quiet small scale-ends"><span>{t("survey.least")}</span><span>{t("survey.most")}</span></p> : null}
			<Options {...props} />
		</fieldset>
	);
}
