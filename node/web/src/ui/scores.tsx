/* Knowledge, behaviour, status, from 1 to 5; the score before beside each. */
import type { Score } from "../api/types";
import { t } from "../words";

export const SCALES = ["knowledge", "behaviour", "status"] as const;

export function Scores({ current, previous }: { current: Score | undefined; previous: Score | undefined }) {
	if (!current) return <p class="quiet small">{t("patient.neverRated")}</p>;
	return (
		<dl class="scores">
			{SCALES.map((scale) => (
				<div key={scale}>
					<dt>{t(`visit.scale.${scale}`)}</dt>
					<dd>
						<strong>{current[scale]}</strong>
						<span class="quiet">/5</span>
						{previous && previous[scale] !== current[scale] ? <span class="quiet small"> {t("patient.before", { n: previous[scale] })}</span> : null}
					</dd>
				</div>
			))}
		</dl>
	);
}
