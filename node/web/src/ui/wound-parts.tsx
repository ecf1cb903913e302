/* What is said of a wound and of one check, wherever it is shown. */
import { choiceOf, useSchema } from "../api/schema";
import type { Check, Trend, Wound } from "../api/wounds";
import { decimal, say, t, tn } from "../words";
import { dayOf } from "../words/dates";

const DAY_MS = 86400000;

export function daysBetween(from: string, to: string): number {
	return Math.round((new Date(`${to}T12:00:00Z`).getTime() - new Date(`${from}T12:00:00Z`).getTime()) / DAY_MS);
}

/** "for 23 days", "for 3 months" */
export function sinceWords(day: string | undefined): string {
	if (!day) return "";
	const days = daysBetween(day, dayOf());
	if (days < 1) return t("wounds.since.today");
	if (days < 14) return tn("wounds.since.days", days);
	if (days < 60) return tn("wounds.since.weeks", Math.round(days / 7));
	if (days < 730) return tn("wounds.since.months", Math.round(days / 30.4));
	return tn("wounds.since.years", Math.round(days / 365));
}

/** "4 × 3 cm" */
export function sizeWords(check: Check | undefined): string {
	const sides = [check?.length, check?.width].filter((side): side is string => side !== undefined).map(decimal);
	return sides.length ? t("wounds.cm", { size: sides.join(" × ") }) : "";
}

export function TrendTag({ trend }: { trend: Trend | undefined }) {
	if (!trend) return null;
	const kind = trend === "better" ? " good" : trend === "worse" ? " bad" : trend === "mixed" ? " warn" : "";
	return <span class={`tag${kind}`}>{t(`wounds.trend.${trend}`)}</span>;
}

/** Kind, age, state of a wound. */
export function WoundFacts({ wound }: { wound: Wound }) {
	const schema = useSchema();
	return (
		<span class="quiet">
			{[say(choiceOf(schema, "wound", "type", wound.type)), sinceWords(wound.since)].filter(Boolean).join(" · ")}
		</span>
	);
}

/** Everything of a check but its photo and its day. */
export function CheckFacts({ check }: { check: Check }) {
	const schema = useSchema();
	const named = (field: "stage" | "tissue" | "exudate"): string => (check[field] ? say(choiceOf(schema, "woundCheck", field, check[field])) : "");
	const exudate = schema?.kinds.find((kind) => kind.name === "woundCheck")?.fields.find((field) => field.name === "exudate");
	const facts = [
		named("stage"),
		named("tissue"),
		check.exudate ? t("wounds.named", { label: say(exudate?.label), value: named("exudate").toLowerCase() }) : "",
		check.depth ? t("wounds.deep", { n: decimal(check.depth) }) : "",
		check.pain !== undefined ? t("wounds.pain", { n: check.pain }) : "",
	].filter(Boolean);
	return (
		<>
			<p>
				<strong>{sizeWords(check) || t("wounds.noSize")}</strong>
				{check.surface ? <span class="quiet"> · {t("wounds.surface", { n: decimal(check.surface) })}</span> : null}
			</p>
			{facts.length ? <p class="small">{facts.join(" · ")}</p> : null}
		</>
	);
}
