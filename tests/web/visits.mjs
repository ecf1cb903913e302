/* All visits of a team and of a patient: only what is near the window is drawn, each row says its place; a month is gone to by keyboard, the end by End; what one comes back
 * to is where it was; what a colleague's device would bring appears above.
 * Usage: visits.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { check, checked, inspect, shot, until } from "./world.mjs";
import { makeTeam } from "./team.mjs";
import { wordsOf } from "./words.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const { t, tn } = wordsOf(lang);
const at = `${lang}-${width}`;
const MANY = 400;
const MONTHS = 5; /* that they are spread over */
const { world, anna, patients } = await makeTeam();

const open = (page, path) => page.evaluate((to) => { location.hash = to; }, path);
const row = (page, place) => page.locator(`[aria-posinset="${place}"]`);
const drawn = (page) => page.locator("[aria-posinset]").count();
const looked = async (page, name) => {
	await inspect(page, `${name} ${at}`);
	await shot(page, `${name}-${at}`, false);
};

/** One after the other back in time, by turns of the five patients. */
async function visits() {
	const step = (MONTHS * 30 * 86400000) / MANY;
	for (let i = 0; i < MANY; i++) {
		const moment = (minutes) => `${new Date(Date.now() - 3600000 - i * step + minutes * 60000).toISOString().slice(0, 19)}+00:00`;
		await anna.saves(`/api/patients/${patients[i % 5]}/visits`, { start: moment(0), end: moment(20 + (i % 40)), note: i % 7 ? `Visite ${i}` : "Pansement refait, plaie propre. ".repeat(6) });
	}
}

async function teams(page) {
	await open(page, "/more");
	await page.getByRole("link", { name: t("visits.title") }).click();
	await row(page, 1).waitFor();
	await page.getByText(tn("visits.count", MANY)).first().waitFor();
	check((await row(page, 1).getAttribute("aria-setsize")) === String(MANY), "a row says of how many it is");
	check((await drawn(page)) < MANY / 2, `${await drawn(page)} rows are drawn of ${MANY}`);
	await looked(page, "visits");
	/* the last one, by the keyboard alone */
	await page.keyboard.press("End");
	await until(async () => {
		await page.keyboard.press("End");
		return (await row(page, MANY).count()) === 1;
	}, "End leads to the last visit");
	check((await row(page, 1).count()) === 0, "what is far away is not drawn");
	check((await drawn(page)) < MANY / 2, "nor is what was passed");
	await page.keyboard.press("Home");
	await row(page, 1).waitFor();
	const places = await page.locator("[aria-posinset]").evaluateAll((rows) => rows.map((one) => Number(one.getAttribute("aria-posinset"))));
	check(places.every((place, i) => place === places[0] + i), `in order, none left out: ${places}`);
}

/** The months of the list, newest first, and how many visits stand before each. */
async function months(page) {
	const { months: all } = await anna.want(200, "GET", "/api/visits?from=0&limit=1");
	check(all.reduce((sum, one) => sum + one.count, 0) === MANY, JSON.stringify(all));
	const wanted = all[3].month;
	const before = all.slice(0, 3).reduce((sum, one) => sum + one.count, 0);
	await page.getByLabel(t("visits.month")).selectOption(wanted);
	await row(page, before + 1).waitFor();
	await until(() => row(page, before + 1).evaluate((one) => one.contains(document.activeElement)), "its first visit has the focus");
	const top = await row(page, before + 1).evaluate((one) => one.getBoundingClientRect().top);
	check(top >= -1 && top < 200, `and is at the top of the window: ${top}`);
	await page.keyboard.press("Tab");
	await until(() => row(page, before + 2).evaluate((one) => one.contains(document.activeElement)), "the next one by the key that leads to the next");
	return before + 2;
}

async function backAgain(page, place) {
	await row(page, place).evaluate((one) => one.scrollIntoView({ block: "center" }));
	await until(async () => !(await page.locator(".long-coming").count()), "nothing is awaited");
	const before = await row(page, place).evaluate((one) => one.getBoundingClientRect().top);
	const name = (await row(page, place).locator("strong").textContent()) ?? "";
	await row(page, place).locator("a").click();
	await page.getByRole("heading", { level: 1, name }).waitFor();
	await page.locator("section.card").first().waitFor();
	await page.goBack();
	await row(page, place).waitFor();
	await until(async () => Math.abs((await row(page, place).evaluate((one) => one.getBoundingClientRect().top)) - before) < 3, "one comes back to where one was");
}

/** Saved meanwhile: it stands first, and the others one place further. */
async function oneMore(page) {
	await open(page, "/visits");
	await row(page, 1).waitFor();
	const now = new Date();
	const moment = (minutes) => `${new Date(now.getTime() + minutes * 60000).toISOString().slice(0, 19)}+00:00`;
	await anna.saves(`/api/patients/${patients[4]}/visits`, { start: moment(-30), end: moment(-5), note: "La dernière" });
	await page.getByText(tn("visits.count", MANY + 1)).first().waitFor();
	await row(page, 1).getByText("Haddad", { exact: false }).waitFor();
}

async function patients_(page) {
	await open(page, `/patients/${patients[0]}`);
	await page.getByRole("link", { name: t("visits.all"), exact: true }).click();
	await row(page, 1).waitFor();
	check((await row(page, 1).getAttribute("aria-setsize")) === String(MANY / 5), "all of this patient");
	check((await drawn(page)) < MANY / 5, "and not all drawn");
	await until(async () => {
		await page.keyboard.press("End");
		return (await row(page, MANY / 5).count()) === 1;
	}, "to the last one");
	await page.keyboard.press("Home");
	await row(page, 1).waitFor();
	await looked(page, "visits-patient");
}

try {
	await visits();
	const page = await world.window({ width, lang: lang === "fr" ? "fr-FR" : "en-GB" });
	await page.goto(anna.url);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await teams(page);
	await backAgain(page, await months(page));
	await patients_(page);
	await oneMore(page);
	check(page.complaints.length === 0, page.complaints.join("; "));
	console.log(`${checked()} checks`);
} catch (problem) {
	for (const context of world.browser?.contexts() ?? []) for (const page of context.pages()) await shot(page, `failed-${at}`, false).catch(() => undefined);
	throw problem;
} finally {
	await world.close();
}
