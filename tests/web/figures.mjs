/* What a team's work comes to: indicators with their definitions, written for a facilitator, who sees her teams side by side and nobody's name; questionnaires on paper and on a device
 * that is lent, their results without small numbers.
 * Usage: figures.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { readFileSync } from "node:fs";
import { monthBefore, monthName, screensOf } from "./screens.mjs";
import { makeTeam } from "./team.mjs";
import { check, checked, inspect, PASSPHRASE, shot, today, until } from "./world.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const team = await makeTeam();
const { world, anna } = team;
const { t, tn, at, window, open, button, looked, failed } = screensOf(world, width, lang);
const MONTH = monthBefore(today(), 1);
const WORDS = "Yvonne a été très douce avec moi";

/* Fourteen patients more, of whom twelve were seen last month and the month before; what the team did together. */
async function work() {
	const nurse = (await anna.want(200, "GET", "/api/status")).person.slice(0, 12);
	for (let i = 0; i < 14; i++) {
		const { id } = await anna.saves("/api/patients", { lastName: `Quatrain${i}`, firstName: "Paul", birthDate: i < 12 ? "1941-03-01" : "1970-03-01", anyway: true });
		for (const month of [monthBefore(today(), 2), MONTH])
			await anna.saves(`/api/patients/${id}/visits`, { nurse, start: `${month}-${String(i + 2).padStart(2, "0")}T08:00:00+01:00`, end: `${month}-${String(i + 2).padStart(2, "0")}T08:${30 + i}:00+01:00` });
	}
	await anna.saves("/api/records/practiceEvent", { type: "sharing", at: `${MONTH}-20T14:00:00+01:00`, minutes: 120 });
	await anna.saves("/api/records/practiceEvent", { type: "facilitation", at: `${MONTH}-21T14:00:00+01:00`, minutes: 600 });
}

async function indicators(page) {
	await open(page, "/more", t("base.nav.more"));
	await page.getByRole("link", { name: t("indicators.title") }).click();
	await page.getByRole("heading", { level: 1, name: t("indicators.title") }).waitFor();
	const patients = page.locator('a.line[href*="/activity.patients?"]');
	await patients.getByText("14", { exact: true }).waitFor();
	await page.locator(".plot canvas").first().waitFor();
	await looked(page, "figures-indicators");
	await page.getByText(t("indicators.notForOthers")).first().waitFor();
	await patients.click();
	await page.getByText(lang === "fr" ? /Les dossiers réunis comptent pour un patient/ : /Files that were joined are one patient/).waitFor();
	await page.getByText(t("indicators.age.80-89")).waitFor();
	await page.getByText(t("indicators.now")).waitFor();
	await looked(page, "figures-indicator");
	await open(page, `/indicators?month=${MONTH}&group=practice`, t("indicators.title"));
	await page.getByText(lang === "fr" ? "Jours depuis le dernier partage" : "Days since the last sharing").waitFor();
	await looked(page, "figures-practice");
	await page.getByText(t("indicators.export"), { exact: true }).click();
	const [exact] = await Promise.all([page.waitForEvent("download"), button(page, "indicators.exactCsv").click()]);
	check(readFileSync(await exact.path(), "utf8").includes(`,month,${MONTH},activity.patients,1,all,14,`), "exact, for the team itself");
	const [written] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name: "NDJSON", exact: true }).click()]);
	check(readFileSync(await written.path(), "utf8") === "", "nothing was written for others yet");
}

/* Written for others, and computed again from where it came from. */
async function writes(page) {
	await page.getByRole("link", { name: t("indicators.toWrite") }).click();
	await page.getByRole("heading", { level: 1, name: t("write.title") }).waitFor();
	const line = page.locator(".rows > li").filter({ hasText: new RegExp(monthName(MONTH, lang), "i") });
	await button(line, "write.do").click();
	await line.getByText(t("write.written"), { exact: true }).waitFor();
	await button(line, "write.verify").click();
	await line.locator(".notice.good").last().waitFor();
	await looked(page, "figures-write");
}

/* Two teams on one device: what each wrote, side by side, and no name at all. */
async function facilitates() {
	const bob = world.device("bob");
	const fanny = world.device("fanny");
	bob.cli("init", "--cheap-key");
	bob.cli("team", "create", "Bob Ferrand");
	await bob.start();
	fanny.cli("init", "--cheap-key");
	fanny.cli("--team", "littoral", "init", "--cheap-key");
	await fanny.start();
	for (const [host, words] of [[anna, []], [bob, ["--team", "littoral"]]])
		fanny.cli(...words, "join", "Fanny Sorel", `127.0.0.1:${host.port}`, "--invitation", host.cli("invite", "--no-qr", "--role", "facilitator").trim());
	await until(async () => (await fanny.want(200, "GET", "/api/facilitator")).written, "what Anna's team wrote is there");
	const page = await window(fanny, { dark: width < 600 });
	await page.getByRole("heading", { level: 1, name: t("facilitator.title") }).waitFor();
	check((await page.locator("nav.nav a").allTextContents()).join() === [t("facilitator.nav"), t("indicators.nav"), t("base.nav.more")].join(), "no round, no patients");
	await page.getByText(t("facilitator.first")).waitFor();
	await page.getByText("Littoral", { exact: true }).waitFor();
	await page.getByText(t("facilitator.nothingWritten")).waitFor();
	await page.getByText("14", { exact: true }).first().waitFor();
	const text = await page.locator("body").textContent();
	check(!/Quatrain|Le Goff|Anna|Le Gall|Bob|Ferrand/.test(text), "nobody is named");
	await looked(page, "figures-teams");
	await page.getByRole("link", { name: t("facilitator.toIndicators") }).first().click();
	await page.getByText(t("indicators.hidden")).first().waitFor();
	await looked(page, "figures-shown");
	await page.locator('a.line[href*="/activity.patients?"]').click();
	await page.getByText(t("indicators.written"), { exact: false }).waitFor();
	await looked(page, "figures-shown-one");
	await open(page, `/indicators?team=littoral&month=${MONTH}`, t("indicators.title"));
	await page.getByText(t("indicators.notWritten", { month: monthName(MONTH, lang) })).waitFor();
	await open(page, "/more", t("base.nav.more"));
	await page.locator(".rows li").first().waitFor();
	check((await page.getByRole("link", { name: t("billing.title") }).count()) === 0, "no billing");
	await looked(page, "figures-more");
	return { fanny, page };
}

async function opens(page) {
	await open(page, "/surveys", t("surveys.title"));
	await page.getByText(t("surveys.none")).waitFor();
	await page.getByRole("link", { name: t("surveys.add") }).click();
	await page.getByRole("heading", { level: 1, name: t("surveys.new") }).waitFor();
	await button(page, "surveys.openDo").click();
	await page.locator("#survey-title-said .problem").waitFor();
	await looked(page, "figures-survey-refused");
	await page.locator("#survey-title").fill("Automne");
	await button(page, "surveys.openDo").click();
	await page.getByRole("heading", { level: 1, name: "Automne" }).waitFor();
	await looked(page, "figures-survey");
	return (await anna.want(200, "GET", "/api/surveys")).surveys[0].id;
}

/* The device is lent: one question after the other with large targets, everything else refused until the passphrase. */
async function lends(page) {
	await button(page, "survey.handOver").click();
	await page.getByText(t("survey.handOverAsk")).waitFor();
	await looked(page, "figures-lend-ask");
	await button(page, "survey.handOverDo").click();
	await button(page, "survey.begin").waitFor();
	check((await anna.asks("GET", "/api/patients"))[0] === 403 && (await anna.asks("POST", "/api/unlock", { passphrase: "x" }))[0] === 403, "everything else is refused");
	check((await page.locator("nav").count()) === 0, "there is no way elsewhere");
	await inspect(page, "lent");
	await shot(page, `figures-lent-${at}`);
	const other = await world.window({ width, lang: lang === "fr" ? "fr-FR" : "en-GB" });
	await other.goto(anna.url);
	await other.getByRole("heading", { name: t("survey.apart") }).waitFor();
	await inspect(other, "another window of a lent device");
	await shot(other, `figures-apart-${at}`);
	await page.reload();
	await button(page, "survey.begin").click();
	await page.locator(".answers.scale .choice").filter({ hasText: /^9$/ }).click();
	await inspect(page, "a question");
	await shot(page, `figures-question-${at}`);
	await button(page, "survey.next").click();
	await page.locator(".answers .choice").filter({ hasText: lang === "fr" ? "Oui" : "Yes" }).click();
	await shot(page, `figures-yes-no-${at}`);
	await button(page, "survey.next").click();
	for (let i = 0; i < 4; i++) await button(page, "survey.skip").click();
	await page.locator("textarea").fill(WORDS);
	await inspect(page, "words");
	await button(page, "survey.next").click();
	await page.getByText(t("survey.answered", { n: 3, of: 7 })).waitFor();
	await button(page, "survey.send").click();
	await page.getByRole("heading", { name: t("survey.thanks") }).waitFor();
	await inspect(page, "thanks");
	await shot(page, `figures-thanks-${at}`);
	await button(page, "survey.nurseHere").click();
	/* the other window says no more that it is lent */
	await other.getByLabel(t("start.unlock.passphrase")).waitFor();
	await other.context().close();
	const field = page.getByLabel(t("start.unlock.passphrase"));
	await field.fill(PASSPHRASE);
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { level: 1, name: "Automne" }).waitFor();
	await page.getByText(tn("surveys.waiting", 1), { exact: false }).waitFor();
	check(!(await page.locator("body").textContent()).includes(WORDS), "what waits is not shown");
}

/* Sheets with numbers; a wrong number is refused beside it, and none counts twice. */
async function paper(page, survey) {
	await button(page, "survey.printSheets").click();
	await page.locator(".paper section").first().waitFor();
	const numbers = (await page.locator(".paper").textContent()).match(/\d{5} \d{5}/g);
	check(numbers?.length === 30, "thirty sheets");
	await looked(page, "figures-sheets");
	await button(page, "paper.close").click();
	await page.getByRole("link", { name: t("survey.typeIn") }).click();
	await page.getByRole("heading", { level: 1, name: t("survey.typeIn") }).waitFor();
	await page.locator("#paper-number").fill("11111 11111");
	await page.locator(".answers.scale .choice").filter({ hasText: /^8$/ }).first().click();
	await button(page, "survey.enter").click();
	await page.locator("#paper-number-said .problem").waitFor();
	await looked(page, "figures-paper-refused");
	await page.locator("#paper-number").fill(numbers[0]);
	await button(page, "survey.enter").click();
	await page.getByText(tn("survey.typed", 1)).waitFor();
	await page.locator("#paper-number").fill(numbers[0]);
	await page.locator(".answers.scale .choice").filter({ hasText: /^8$/ }).first().click();
	await button(page, "survey.enter").click();
	await page.locator("#paper-number-said .problem").waitFor();
	const forms = numbers.slice(1, 24).map((number, i) => ({ number, answers: { satisfaction: 9, recommends: i < 20 ? "yes" : "no" } }));
	await anna.want(201, "POST", `/api/surveys/${survey}/paper`, { forms });
}

/* Exact for the team; without small numbers for who gives no care. */
async function results(page, survey, { fanny, page: fannys }) {
	await open(page, `/surveys/${survey}`, "Automne");
	await page.getByText(tn("surveys.forms", 25), { exact: false }).first().waitFor();
	await page.getByText(WORDS).first().waitFor();
	await looked(page, "figures-results");
	await button(page, "survey.end").click();
	await button(page, "survey.endDo").click();
	await page.getByText(t("survey.ended.written")).waitFor();
	await until(async () => (await fanny.want(200, "GET", "/api/surveys")).shown.length === 1, "the facilitator's device has the result");
	await open(fannys, "/surveys", t("surveys.title"));
	await fannys.getByRole("heading", { name: "Automne" }).waitFor();
	await fannys.getByText(/^(\d+ nombres? |\d+ numbers? )/).first().waitFor();
	const text = await fannys.locator("body").textContent();
	check(!text.includes(WORDS), "no words, unless the team chooses them");
	await looked(fannys, "figures-survey-shown");
}

try {
	await work();
	const annas = await window(anna);
	await indicators(annas);
	await writes(annas);
	const hers = await facilitates();
	const survey = await opens(annas);
	await lends(annas);
	await paper(annas, survey);
	await results(annas, survey, hers);
	console.log(`${checked()} checks`);
} catch (problem) {
	await failed();
	throw problem;
} finally {
	await world.close();
}
