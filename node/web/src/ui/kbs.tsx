/* Scores of the Omaha System while they are chosen: each level with its words, the score before beside, and the difference at once. */
import type { Problem } from "../api/client";
import type { Scale } from "../api/omaha";
import type { Score } from "../api/types";
import { say, t } from "../words";
import { Problems } from "./inputs";
import { SCALES } from "./scores";

export type Chosen = Partial<Record<(typeof SCALES)[number], number>>;

/** "+1", "−2", "=" */
export function deltaText(delta: number): string {
	return delta > 0 ? `+${delta}` : delta < 0 ? `−${-delta}` : "=";
}

export function Delta({ from, to }: { from: number | undefined; to: number | undefined }) {
	if (from === undefined || to === undefined) return null;
	const delta = to - from;
	const words = delta > 0 ? t("kbs.better", { n: delta }) : delta < 0 ? t("kbs.worse", { n: -delta }) : t("kbs.same");
	return <span class={`tag ${delta > 0 ? "good" : delta < 0 ? "warn" : ""}`}><span aria-hidden="true">{deltaText(delta)}</span><span class="unseen">{words}</span></span>;
}

/** One scale: five levels, each a target with its words. */
export function ScalePicker({ id, name, scale, value, before, onChoose, problems }: {
	id: string;
	name: (typeof SCALES)[number];
	scale: Scale;
	value: number | undefined;
	before: number | undefined;
	onChoose: (value: number | undefined) => void;
	problems: Problem[];
}) {
	return (
		<fieldset class="kbs choices" aria-describedby={`${id}-said`}>
			<legend>
				{t(`visit.scale.${name}`)} <span aria-live="polite"><Delta from={before} to={value} /></span>
			</legend>
			{scale.levels.map((level, place) => {
				const score = place + 1;
				return (
					<label key={score} class="choice">
						<input type="radio" name={id} value={score} checked={value === score} onClick={() => value === score && onChoose(undefined)} onChange={() => onChoose(score)} />
						<span>
							<strong>{score}</strong>
							<span class="kbs-words">{say(level)}</span>
							{before === score ? <span class="kbs-before">{t("kbs.before")}</span> : null}
						</span>
					</label>
				);
			})}
			<Problems id={`${id}-said`} problems={problems} />
		</fieldset>
	);
}

/** What was chosen, each with the difference: "Connaissances 3 +1". */
export function ChosenScores({ chosen, before }: { chosen: Chosen; before: Score | undefined }) {
	return (
		<dl class="scores">
			{SCALES.map((scale) => (
				<div key={scale}>
					<dt>{t(`visit.scale.${scale}`)}</dt>
					<dd>
						<strong>{chosen[scale] ?? "…"}</strong> <Delta from={before?.[scale]} to={chosen[scale]} />
					</dd>
				</div>
			))}
		</dl>
	);
}
