/* What the screens of billing share: their tabs, the month, amounts. */
import type { LineKind, Totals } from "../api/billing";
import { Icon } from "./icons";
import { t, tn } from "../words";
import { dayOf, duration, monthOf } from "../words/dates";
import { addMonths, capital, euros } from "../words/money";

export const KINDS: readonly LineKind[] = ["normal", "late", "correction", "credit", "reinstate"];

export function thisMonth(): string {
	return dayOf().slice(0, 7);
}

export function BillingTabs({ current }: { current: "month" | "lots" | "rates" | "role" }) {
	const tabs = [["month", "#/billing"], ["lots", "#/billing/lots"], ["rates", "#/billing/rates"], ["role", "#/billing/role"]] as const;
	return (
		<nav class="row tabs narrow" aria-label={t("billing.title")}>
			{tabs.map(([name, to]) => (
				<a key={name} class="button" aria-current={name === current ? "page" : undefined} href={to}>{t(`billing.tab.${name}`)}</a>
			))}
		</nav>
	);
}

export function MonthBar({ month, onMonth, last = thisMonth() }: { month: string; onMonth: (month: string) => void; last?: string }) {
	return (
		<div class="row apart daybar">
			<button type="button" class="round-button" aria-label={t("billing.before")} onClick={() => onMonth(addMonths(month, -1))}><Icon name="back" /></button>
			<strong class="middle">{capital(monthOf(month))}</strong>
			<button type="button" class="round-button" aria-label={t("billing.after")} disabled={month >= last} onClick={() => onMonth(addMonths(month, 1))}><Icon name="next" /></button>
		</div>
	);
}

export function TotalsFacts({ totals }: { totals: Totals }) {
	return (
		<dl class="facts amounts">
			<dt>{t("billing.amount")}</dt>
			<dd><strong>{euros(totals.cents)}</strong></dd>
			<dt>{t("billing.amo")}</dt>
			<dd>{euros(totals.amoCents)}</dd>
			<dt>{t("billing.amc")}</dt>
			<dd>{euros(totals.amcCents)}</dd>
			<dt>{t("billing.visits")}</dt>
			<dd>{tn("billing.visitCount", totals.visits)}</dd>
			<dt>{t("billing.time")}</dt>
			<dd>{duration(totals.minutes)}</dd>
		</dl>
	);
}
