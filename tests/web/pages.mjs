/* Windows of a width and a language, for programs that look at many screens of two devices. */
import { inspect, shot } from "./world.mjs";
import { wordsOf } from "./words.mjs";

export function pagesOf(world, width, lang) {
	const { t, tn } = wordsOf(lang);
	const at = `${lang}-${width}`;
	const button = (where, key, values) => where.getByRole("button", { name: t(key, values) });
	return {
		t, tn, at, button,
		/** The application of a device, opened. */
		async window(device, more = {}) {
			const page = await world.window({ width, lang: lang === "fr" ? "fr-FR" : "en-GB", ...more });
			await page.goto(device.url);
			await page.getByRole("heading", { level: 1 }).waitFor();
			return page;
		},
		/** Another screen, until its heading says `title`. */
		async go(page, path, title) {
			await page.evaluate((to) => { location.hash = to; }, path);
			if (title) await page.getByRole("heading", { level: 1, name: title }).waitFor();
		},
		/** Nothing serious, nothing too wide, and a picture. */
		async looked(page, name) {
			await inspect(page, `${name} ${at}`);
			await shot(page, `${name}-${at}`);
		},
		/** Pictures of all windows, when something failed. */
		async failed() {
			for (const [i, context] of (world.browser?.contexts() ?? []).entries()) for (const page of context.pages()) await shot(page, `failed-${at}-${i}`).catch(() => undefined);
		},
	};
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
