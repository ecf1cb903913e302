/* Windows of one width and language: opened, moved, looked at; what programs that look at many screens share. */
import { basename } from "node:path";
import { inspect, shot } from "./world.mjs";
import { wordsOf } from "./words.mjs";

export function screensOf(world, width, lang) {
	const { t, tn } = wordsOf(lang);
	const at = `${lang}-${width}`;
	return {
		t, tn, at,
		async window(device, more = {}) {
			const page = await world.window({ width, lang: lang === "fr" ? "fr-FR" : "en-GB", ...more });
			await page.goto(device.url);
			await page.getByRole("heading", { level: 1 }).waitFor();
			return page;
		},
		/** Another screen, until its heading says so. */
		async open(page, path, heading) {
			await page.evaluate((to) => { location.hash = to; }, path);
			if (heading) await page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
		},
		button: (where, key, values) => where.getByRole("button", { name: t(key, values), exact: true }),
		link: (where, key, values) => where.getByRole("link", { name: t(key, values), exact: true }),
		/** Nothing serious, nothing too wide, and a picture. */
		async looked(page, name) {
			await inspect(page, `${name} ${at}`);
			await shot(page, `${name}-${at}`);
		},
		/** Pictures of all windows, when something failed. */
		async failed() {
			for (const [i, context] of (world.browser?.contexts() ?? []).entries()) for (const page of context.pages()) await shot(page, `failed-${basename(process.argv[1], ".mjs")}-${at}-${i}`).catch(() => undefined);
		},
	};
}

/** An amount as the screen says it. */
export function euros(cents, lang) {
	return new Intl.NumberFormat(lang === "fr" ? "fr-FR" : "en-GB", { style: "currency", currency: "EUR" }).format(cents / 100);
}

/** The month so many before this one, as 2026-10. */
export function monthBefore(day, count) {
	const date = new Date(`${day.slice(0, 7)}-15T12:00:00Z`);
	date.setUTCMonth(date.getUTCMonth() - count);
	return date.toISOString().slice(0, 7);
}

/** As people say it: "octobre 2026". */
export function monthName(month, lang) {
	return new Intl.DateTimeFormat(lang === "fr" ? "fr-FR" : "en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(new Date(`${month}-15T12:00:00Z`));
}

/** A day, `later` days after another one. */
export function addDays(day, later) {
	const date = new Date(`${day}T12:00:00Z`);
	date.setUTCDate(date.getUTCDate() + later);
	return date.toISOString().slice(0, 10);
}

export function mondayOf(day) {
	return addDays(day, -((new Date(`${day}T12:00:00Z`).getUTCDay() + 6) % 7));
}
