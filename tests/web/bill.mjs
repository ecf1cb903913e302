/* The end of a month: the role taken, a rate, what is wrong with visits corrected, the month closed to the cent, its files, its lines explained; the role given back, and what two
 * persons say after a lost device; a statement for an inspector.
 * Usage: bill.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { readFileSync } from "node:fs";
import { euros, monthBefore, monthName, screensOf } from "./screens.mjs";
import { makeTeam, meet } from "./team.mjs";
import { check, checked, shot, today, until } from "./world.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const team = await makeTeam();
const { world, anna, bea, patients } = team;
const { t, tn, at, window, open, button, looked, failed } = screensOf(world, width, lang);
const MONTH = monthBefore(today(), 1);
const HOUR = 5394;

const person = async (device) => (await device.want(200, "GET", "/api/status")).person.slice(0, 12);
const visit = (patient, day, from, to, more = {}) => anna.saves(`/api/patients/${patient}/visits`, { start: `${MONTH}-${day}T${from}:00+01:00`, end: `${MONTH}-${day}T${to}:00+01:00`, ...more });
const cents = (minutes) => Math.floor((minutes * HOUR + 30) / 60);

/* 15 and 20 minutes; one that is nine hours too long, one that overlaps another. */
async function month() {
	const nurse = await person(anna);
	await visit(patients[0], "05", "08:00", "08:15", { nurse });
	await visit(patients[1], "06", "08:00", "08:20", { nurse });
	await visit(patients[2], "07", "08:00", "17:30", { nurse });
	await visit(patients[3], "08", "08:00", "08:30", { nurse });
	await visit(patients[4], "08", "08:25", "08:45", { nurse });
	/* of a patient who was visited often since the visit that is to be corrected, as lists go: those that were written last come first */
	for (let i = 0; i < 205; i++) await anna.saves(`/api/patients/${patients[2]}/visits`, { start: "2019-03-04T08:00:00+01:00", end: "2019-03-04T08:10:00+01:00", nurse, billable: false });
}

async function role(page) {
	await open(page, "/billing", t("billing.title"));
	await page.getByText(t("billing.nobody")).waitFor();
	await open(page, "/billing/role", t("role.title"));
	await button(page, "role.designate").click();
	await looked(page, "bill-role-ask");
	await button(page, "role.designateDo").click();
	await page.getByRole("heading", { name: t("role.yours") }).waitFor();
	await looked(page, "bill-role");
}

const rate = (page, field) => page.locator(`#rateTable-${field}`);

/* What is wrong is said under its field, and what was typed stays. */
async function rates(page) {
	await open(page, "/billing/rates", t("rates.title"));
	await page.getByText(t("rates.none")).waitFor();
	await page.getByRole("link", { name: t("base.add") }).click();
	await page.getByRole("heading", { level: 1, name: t("rates.new") }).waitFor();
	await rate(page, "territory").fill("Bretagne");
	await button(page, "base.save").click();
	await page.locator("#rateTable-validFrom-said .problem").waitFor();
	await page.locator("#rateTable-amoPerMille-said .problem").waitFor();
	await looked(page, "bill-rate-refused");
	check((await rate(page, "territory").inputValue()) === "Bretagne", "what was typed stays");
	await rate(page, "validFrom").fill("2020-01-01");
	await rate(page, "centsPerHour").fill("53,94");
	await rate(page, "amoPerMille").fill("60");
	await rate(page, "amoAldPerMille").fill("100");
	await button(page, "base.save").click();
	await page.getByRole("heading", { level: 1, name: t("rates.title") }).waitFor();
	await page.getByText(euros(HOUR, lang)).waitFor();
	await looked(page, "bill-rates");
	/* a second one from the same day: refused under the day */
	await open(page, "/billing/rates/new", t("rates.new"));
	for (const [field, value] of [["territory", "Bretagne"], ["validFrom", "2020-01-01"], ["centsPerHour", "60"], ["amoPerMille", "60"]]) await rate(page, field).fill(value);
	await button(page, "base.save").click();
	await page.locator("#rateTable-validFrom-said .problem").waitFor();
	check((await anna.want(200, "GET", "/api/rates")).records.length === 1, "nothing was saved");
}

const group = (page, text) => page.locator("details.card").filter({ hasText: text });

/* Devices that were not heard, and anomalies with the way to the visit: corrected with a reason, and only what differs is written. */
async function looksAt(page) {
	await open(page, `/billing?month=${MONTH}`, t("billing.title"));
	await page.getByText(t("billing.youClose")).waitFor();
	await page.getByText(tn("billing.heardMissing", 1)).waitFor();
	const long = group(page, lang === "fr" ? "plus de 3 heures" : "more than 3 hours");
	await long.locator("summary").click();
	await looked(page, "bill-month");
	await long.getByRole("link", { name: t("billing.correctVisit") }).click();
	await page.getByRole("heading", { level: 1, name: t("correct.title") }).waitFor();
	await page.locator("#visitAmendment-end").waitFor();
	const end = page.locator("#visitAmendment-end");
	await end.fill((await page.locator("#visitAmendment-start").inputValue()).replace(/T.*/, "T") + (await page.locator("#visitAmendment-start").inputValue()).slice(11, 13) + ":35");
	await button(page, "correct.do").click();
	await page.locator("#correct-reason-said .problem").waitFor();
	await page.locator("#correct-reason").fill("heure de fin oubliée");
	/* what somebody corrects meanwhile, and is not touched here, stays as she said it */
	const { records } = await anna.want(200, "GET", `/api/patients/${patients[2]}/visit?limit=5000`);
	const visits = records.filter((one) => one.start.startsWith(MONTH));
	await anna.saves(`/api/patients/${patients[2]}/visits/${visits[0].id}/amend`, { start: new Date(Date.parse(visits[0].start) - 300000).toISOString().replace(".000Z", "+00:00"), end: visits[0].end, reason: "arrivée plus tôt" });
	const earlier = async () => (await page.locator("#visitAmendment-start").inputValue()).endsWith(":55");
	await until(earlier, "the start is shown as it stands now");
	await looked(page, "bill-correct");
	await button(page, "correct.do").click();
	await page.getByRole("heading", { level: 1, name: t("billing.title") }).waitFor();
	await long.waitFor({ state: "detached" });
	const [amendment] = (await anna.want(200, "GET", `/api/patients/${patients[2]}/visitAmendment`)).records;
	check(new Date(amendment.end) - new Date(amendment.start) === MINUTES[2] * 60000, `both times as they stand: ${JSON.stringify(amendment)}`);
	check(amendment.reason === "heure de fin oubliée" && amendment.nurse === undefined && amendment.billable === undefined, `only what differs: ${JSON.stringify(amendment)}`);
}

const MINUTES = [15, 20, 40, 30, 20];
const TOTAL = MINUTES.reduce((sum, minutes) => sum + cents(minutes), 0);

async function closes(page) {
	await meet(anna, bea);
	/* a device is heard by what it wrote */
	await bea.saves(`/api/patients/${patients[4]}/alert`, { type: "allergy", what: "latex", severity: "mild", state: "active" });
	const others = await window(bea, { dark: true });
	await until(async () => {
		const { heard } = await anna.want(200, "GET", `/api/billing/${MONTH}/check`);
		return heard.every((device) => device.afterTheMonth);
	}, "Anna's device has heard Béa's");
	await button(page, "billing.compute").click();
	await page.getByText(t("billing.heardAll")).waitFor();
	await page.locator(".amounts").first().getByText(euros(TOTAL, lang)).waitFor();
	await open(others, `/billing?month=${MONTH}`, t("billing.title"));
	await others.getByText(t("billing.otherCloses", { name: "Anna Le Gall" })).waitFor();
	check((await others.getByRole("button", { name: t("billing.close", { month: monthName(MONTH, lang) }) }).count()) === 0, "who does not hold the role cannot close");
	await looked(others, "bill-month-other");
	await button(page, "billing.close", { month: monthName(MONTH, lang) }).click();
	await page.getByText(t("billing.final.never")).waitFor();
	await looked(page, "bill-close-ask");
	check((await anna.want(200, "GET", "/api/billing")).lots.length === 0, "asked, and not done yet");
	await button(page, "billing.closeDo").click();
	await page.getByText(t("lots.closedNow")).waitFor();
	check((await anna.want(200, "GET", "/api/billing")).lots[0].cents === TOTAL, "to the cent");
	await until(async () => (await bea.want(200, "GET", "/api/billing")).lots.length === 1, "Béa's device has the lot");
}

/* Files, the printed page, the hash verified, each one's share, a line explained. */
async function lot(page) {
	await button(page, "lots.verify").click();
	await page.getByText(t("lots.same")).waitFor();
	await page.locator(".lot-lines summary").first().click();
	await page.getByText("AMO").last().waitFor();
	await page.getByText(euros(TOTAL, lang), { exact: false }).first().waitFor();
	await looked(page, "bill-lot");
	await page.locator(".choice").filter({ hasText: t("lots.format.csv") }).click();
	const [file] = await Promise.all([page.waitForEvent("download"), button(page, "lots.save").click()]);
	const csv = readFileSync(await file.path(), "utf8");
	check(file.suggestedFilename().endsWith(".csv") && csv.includes("TOTAL") && !csv.includes("Le Goff"), "a table without names");
	for (const format of ["json", "fhir"]) {
		await page.locator(".choice").filter({ hasText: t(`lots.format.${format}`) }).click();
		const [one] = await Promise.all([page.waitForEvent("download"), button(page, "lots.save").click()]);
		check(JSON.parse(readFileSync(await one.path(), "utf8")) !== null, format);
	}
	await page.locator(".choice").filter({ hasText: t("lots.format.html") }).click();
	await button(page, "lots.show").click();
	await page.locator(".paper").getByText("Le Goff", { exact: false }).first().waitFor();
	if (lang === "fr") check((await page.locator(".paper").textContent()).includes(`${Math.floor(TOTAL / 100)},${String(TOTAL % 100).padStart(2, "0")}\u00a0€`), "amounts as people write them");
	await looked(page, "bill-paper");
	await page.emulateMedia({ media: "print" });
	await shot(page, `bill-printed-${at}`);
	check(!(await page.locator(".side").isVisible()) && (await page.locator(".paper").isVisible()), "the page alone is printed");
	await page.emulateMedia({ media: "screen" });
	await button(page, "paper.close").click();
	await button(page, "lots.tab.nurses").click();
	await page.getByText("Anna Le Gall").first().waitFor();
	await looked(page, "bill-nurses");
	await button(page, "lots.tab.patients").click();
	await page.getByText("Caradec Marie-Thérèse").waitFor();
	await button(page.locator("li.line").filter({ hasText: "Caradec" }), "lots.statement").click();
	await page.locator(".paper").getByText("Caradec", { exact: false }).first().waitFor();
	check(!(await page.locator(".paper").textContent()).includes("Le Goff"), "her statement names nobody else");
	await button(page, "paper.close").click();
	/* a file that comes back is held against what is computed here */
	await open(page, "/billing/lots", t("lots.title"));
	await page.getByText(t("lots.verifyFile")).click();
	await page.locator("#statement-file").setInputFiles({ name: "releve.csv", mimeType: "text/csv", buffer: Buffer.from(csv) });
	await page.getByText(t("lots.fileSame", { month: monthName(MONTH, lang) })).waitFor();
	await page.locator("#statement-file").setInputFiles({ name: "faux.csv", mimeType: "text/csv", buffer: Buffer.from(csv.replace(";1349;", ";9349;")) });
	await page.getByText(t("lots.fileDiffers", { month: monthName(MONTH, lang) })).waitFor();
	await looked(page, "bill-lots");
}

/* What is corrected after the closing: taken back and billed again with the next month. */
async function credits(page) {
	const [first] = (await anna.want(200, "GET", `/api/patients/${patients[0]}/visit`)).records;
	await anna.saves(`/api/patients/${patients[0]}/visits/${first.id}/amend`, { end: `${MONTH}-05T08:25:00+01:00`, reason: "faute de frappe" });
	const now = today().slice(0, 7);
	await open(page, `/billing?month=${now}`, t("billing.title"));
	await page.getByText(t("billing.kind.credit"), { exact: true }).waitFor();
	await page.getByText(euros(-cents(15), lang)).waitFor();
	await page.getByText(euros(cents(25), lang)).waitFor();
	await looked(page, "bill-credits");
	await button(page, "billing.close", { month: monthName(now, lang) }).click();
	await page.getByText(t("billing.notOver")).waitFor();
	await button(page, "billing.closeDo").click();
	await page.getByText(t("lots.closedNow")).waitFor();
	await button(page, "billing.kind.credit").click();
	await page.locator(".lot-lines summary").first().click();
	await page.getByText(lang === "fr" ? /la remplace/ : /replaces it/).waitFor();
	await looked(page, "bill-credit-explained");
}

/* Which kind of nurse she is, beside the rates; how a visit is billed, beside its correction. */
async function beside(page) {
	await open(page, "/billing/rates", t("rates.title"));
	await page.getByRole("link", { name: t("rates.addStatus") }).click();
	await page.locator("#nurseStatus-person").selectOption({ label: "Béa Morvan" });
	await page.locator("#nurseStatus-from").fill("2020-01-01");
	await page.locator('input[name="nurseStatus-tariff"][value="health-centre"]').check();
	await looked(page, "bill-status");
	await button(page, "base.save").click();
	await page.getByRole("heading", { level: 1, name: t("rates.title") }).waitFor();
	await page.getByText("Béa Morvan").waitFor();
	const [first] = (await anna.want(200, "GET", `/api/patients/${patients[0]}/visit`)).records;
	await open(page, `/patients/${patients[0]}/visits/${first.id}/correct`, t("correct.title"));
	await page.getByText(t("correct.billed")).click();
	await page.getByText(t("lots.takenBack")).first().waitFor();
	await looked(page, "bill-how");
}

/* A third nurse; the role goes to Béa, whose device is lost; two persons say that a month may be closed. */
async function lost(page) {
	const clea = world.device("clea");
	const invitation = anna.cli("invite", "--no-qr").trim();
	clea.cli("init", "--cheap-key");
	clea.cli("join", "Cléa Robin", `127.0.0.1:${anna.port}`, "--invitation", invitation);
	await clea.start("--peer", `127.0.0.1:${anna.port}`);
	const her = (await clea.want(200, "GET", "/api/status")).device;
	await until(async () => (await bea.asks("POST", `/api/members/${her}/endorse`, {}))[0] === 200, "Béa vouches for Cléa");
	await open(page, "/billing/role", t("role.title"));
	await button(page, "role.release").first().click();
	await page.getByText(t("role.releaseWhat")).waitFor();
	await page.locator("form.asked button").first().click();
	await page.getByRole("heading", { name: t("role.nobody") }).waitFor();
	await button(page, "role.designate").click();
	await page.getByLabel(t("role.which")).selectOption({ label: "Béa Morvan" });
	await button(page, "role.designateDo").click();
	await page.getByRole("heading", { name: t("role.hers", { name: "Béa Morvan" }) }).waitFor();
	const theirs = (await bea.want(200, "GET", "/api/status")).device;
	await until(async () => (await bea.want(200, "GET", "/api/billing")).holder?.device === theirs, "Béa's device knows");
	await bea.stop();
	await button(page, "role.takeOver").click();
	await button(page, "role.designateDo").click();
	await page.getByRole("heading", { name: t("role.lost") }).waitFor();
	await looked(page, "bill-lost");
	await button(page, "role.allow").click();
	await button(page, "role.allowDo").click();
	await page.getByText(t("role.waits")).waitFor();
	const cleas = await window(clea, { dark: true });
	await open(cleas, "/billing/role", t("role.title"));
	await button(cleas, "role.second").click();
	await cleas.getByText(t("role.seconded")).waitFor();
	await looked(cleas, "bill-seconded");
	await page.getByText(t("role.seconded")).waitFor();
	await open(page, `/billing?month=${today().slice(0, 7)}`, t("billing.title"));
	await page.getByText(t("billing.youClose")).waitFor();
}

async function control(page) {
	await open(page, "/control", t("control.title"));
	await page.getByRole("searchbox").fill("goff");
	await button(page, "control.choose").click();
	await page.getByText(tn("control.count", 1)).waitFor();
	await looked(page, "bill-control");
	await button(page, "control.show").click();
	await page.locator(".paper").getByText("Le Goff", { exact: false }).first().waitFor();
	await looked(page, "bill-control-paper");
	const text = await page.locator(".paper").textContent();
	check(!text.includes("pansement") && !text.includes("pénicilline"), "nothing of the care");
	await button(page, "paper.close").click();
	const [file] = await Promise.all([page.waitForEvent("download"), button(page, "control.csv").click()]);
	check(readFileSync(await file.path(), "utf8").includes("VISIT"), "as a table");
	check(JSON.stringify(await anna.want(200, "GET", `/api/access?patient=${patients[0]}`)).includes('"control"'), "it is noted");
}

try {
	await month();
	const annas = await window(anna);
	await role(annas);
	await rates(annas);
	await looksAt(annas);
	await closes(annas);
	await lot(annas);
	await credits(annas);
	await beside(annas);
	await lost(annas);
	await control(annas);
	console.log(`${checked()} checks`);
} catch (problem) {
	await failed();
	throw problem;
} finally {
	await world.close();
}
