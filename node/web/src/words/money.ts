/* Amounts, shares and counts, as people say them; months. */
import { locale } from "./index";

/** 123456 → "1 234,56 €" */
export function euros(cents: number): string {
	return new Intl.NumberFormat(locale(), { style: "currency", currency: "EUR" }).format(cents / 100);
}

/** 0.625 → "62,5 %" */
export function percent(share: number): string {
	return new Intl.NumberFormat(locale(), { style: "percent", maximumFractionDigits: 1 }).format(share);
}

export function number(value: number, digits = 0): string {
	return new Intl.NumberFormat(locale(), { maximumFractionDigits: digits }).format(value);
}

export function addMonths(month: string, count: number): string {
	const date = new Date(`${month.slice(0, 7)}-15T12:00:00Z`);
	date.setUTCMonth(date.getUTCMonth() + count);
	return date.toISOString().slice(0, 7);
}

/** At a sentence's beginning. */
export function capital(text: string): string {
	return text.charAt(0).toLocaleUpperCase(locale()) + text.slice(1);
}
