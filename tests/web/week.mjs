/* The week of the team on two devices: what nobody took and what two took, handing over and refusing, an absence, a night practice, the rhythm of care.
 * Usage: week.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { addDays, mondayOf, screensOf } from "./screens.mjs";
import { makeTeam, meet } from "./team.mjs";
import { check, checked, today, until } from "./world.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const team = await makeTeam();
const { world, anna, bea, patients } = team;
const { t, tn, at, window, open, button, looked, failed } = screensOf(world, width, lang);
const day = today();
const tomorrow = addDays(day, 1);

const visit = (page, name) => page.locator("li.week-visit").filter({ has: page.getByRole("link", { name, exact: false }) });
const week = (page, of) => open(page, `/week?from=${mondayOf(of)}&day=${of}`, t("week.title"));
const choice = (page, text) => page.locator(".choice").filter({ hasText: text });
const personOf = async (device) => (await device.want(200, "GET", "/api/status")).person;
const planned = async (device, of, patient) => (await device.want(200, "GET", `/api/planning?from=${of}&days=1`)).days[0].visits.find((one) => one.patient === patient);

/* Each claims tomorrow's first visit while the other's device is off. */
async function claimTwice() {
	await meet(anna, bea);
	await bea.stop();
	await anna.saves("/api/round/claim", { patient: patients[0], day: tomorrow });
	await anna.stop();
	await bea.start();
	await bea.saves("/api/round/claim", { patient: patients[0], day: tomorrow });
	await bea.stop();
	await anna.start();
	await meet(anna, bea);
	check((await planned(anna, tomorrow, patients[0])).marks.includes("twice"), "taken twice");
}

/* What wants somebody is loud; who should take it, with the reason; handed over, refused with a reason that all see, taken; handed over and accepted. */
async function handedOver(annas, beas) {
	await week(annas, day);
	await week(beas, day);
	await annas.locator(".notice.bad").getByText(t("week.lacking")).waitFor();
	await visit(annas, "Prigent").getByText(t("week.proposals")).waitFor();
	check((await annas.locator(".week-loud li.week-visit").count()) >= 2, "what nobody took stands apart");
	await looked(annas, "week");
	await button(visit(annas, "Prigent"), "week.give", { name: "Béa" }).click();
	await visit(beas, "Prigent").getByText(t("round.mark.unaccepted")).waitFor(); /* live */
	await button(visit(beas, "Prigent"), "round.do.refuse").click();
	await looked(beas, "week-refuse");
	await button(visit(beas, "Prigent"), "round.confirm.refuse").click();
	await visit(beas, "Prigent").locator(".notice.bad, .problem").first().waitFor(); /* why is missing */
	await visit(beas, "Prigent").getByLabel(t("round.reason")).fill("déjà trop chargée");
	await button(visit(beas, "Prigent"), "round.confirm.refuse").click();
	await visit(annas, "Prigent").getByText(t("round.why", { why: "déjà trop chargée" })).waitFor();
	await visit(annas, "Prigent").getByText(t("round.mark.unclaimed")).waitFor();
	await button(visit(annas, "Prigent"), "round.do.claim").first().click();
	await visit(annas, "Prigent").getByText(t("round.mark.unclaimed")).waitFor({ state: "detached" });
	await button(visit(annas, "Haddad"), "week.give", { name: "Béa" }).click();
	await button(visit(beas, "Haddad"), "round.do.accept").click();
	await visit(annas, "Haddad").getByText(t("round.mark.unaccepted")).waitFor({ state: "detached" });
	check((await planned(anna, day, patients[4])).owners[0].name === "Béa Morvan", "hers, and accepted");
}

/* Both claims side by side, with who wrote each and when: settled with a reason. */
async function takenTwice(annas, beas) {
	await week(annas, tomorrow);
	await week(beas, tomorrow);
	const one = visit(annas, "Le Goff");
	await one.getByText(t("round.mark.twice")).waitFor();
	check((await one.locator(".conflict-value").count()) === 2, "two claims");
	await looked(annas, "week-twice");
	await one.locator(".conflict-value").filter({ hasText: "Béa Morvan" }).first().click();
	await one.getByLabel(t("conflicts.reason")).fill("elle la connaît mieux");
	await one.locator(".conflict form button.primary").click();
	await visit(annas, "Le Goff").getByText(t("round.mark.twice")).waitFor({ state: "detached" });
	await visit(beas, "Le Goff").getByText(t("round.mark.twice")).waitFor({ state: "detached" });
	const after = await planned(bea, tomorrow, patients[0]);
	check(after.owners.length === 1 && after.owners[0].name === "Béa Morvan", JSON.stringify(after.owners));
}

/* What an absence leaves is said before it is noted, and after; it is taken with one tap. */
async function absent(annas) {
	await open(annas, "/absences/new", t("absence.new"));
	await annas.locator("#absence-person").selectOption({ label: "Béa Morvan" });
	await annas.locator("#absence-from").fill(tomorrow);
	await annas.locator("#absence-until").fill(addDays(day, 2));
	await annas.getByText(tn("absence.willLeave", 1)).waitFor();
	await looked(annas, "absence-new");
	await button(annas, "base.save").click();
	await annas.getByText(tn("absence.left", 1)).waitFor();
	await looked(annas, "absences");
	await button(annas, "absence.takeDay").click();
	await annas.getByText(t("absence.noneLeft")).waitFor();
	await week(annas, tomorrow);
	await annas.getByText(t("week.absent")).first().waitFor();
	check((await planned(anna, tomorrow, patients[0])).owners[0].name === "Anna Le Gall", "taken");
}

/* Given to a night practice: told nothing without the patient's agreement, and what it needs with it. */
async function night(annas) {
	const entry = (await anna.saves("/api/records/directoryEntry", { name: "Cabinet des Lices", profession: "Cabinet de nuit", phone: "0299000000" })).id;
	await week(annas, day);
	const one = visit(annas, "Haddad");
	await one.locator("details.actions > summary").click();
	await button(one, "round.do.cabinet").click();
	await one.getByLabel(t("round.cabinet")).selectOption({ label: "Cabinet des Lices" });
	await one.locator("form").getByRole("button", { name: t("round.confirm.cabinet") }).click();
	await one.getByRole("link", { name: t("week.cabinet", { name: "Cabinet des Lices" }) }).click();
	await annas.getByText(t("cabinet.noConsent")).waitFor();
	check(!(await annas.content()).includes("#2210"), "nothing of her is told");
	await anna.saves(`/api/patients/${patients[4]}/consent`, { scope: "night-cabinet", how: "de vive voix, à Anna" });
	await annas.getByText("#2210").waitFor(); /* live */
	await annas.locator("li.card").getByText("Béa Morvan").waitFor();
	await looked(annas, "cabinet");
	check(entry.length === 32, entry);
}

/* Days, times and an end, chosen; said back in words with the next dates before it is saved. */
async function rhythm(annas) {
	await open(annas, `/patients/${patients[0]}/recurrence`, t("recurrence.title"));
	await annas.getByText(lang === "fr" ? "tous les jours, à 7 h" : "every day, at 7:00").first().waitFor();
	await looked(annas, "rhythms");
	await annas.getByRole("link", { name: t("recurrence.change") }).first().click();
	await choice(annas, t("recurrence.every.week")).click();
	await annas.getByText(t("recurrence.choose")).waitFor();
	check(await button(annas, "base.save").isDisabled(), "no day was chosen yet");
	for (const name of lang === "fr" ? ["lundi", "jeudi"] : ["Monday", "Thursday"]) await choice(annas, name).click();
	await choice(annas, t("recurrence.part.19")).click();
	const end = addDays(day, 60);
	await annas.locator("#rhythm-until").fill(end);
	await annas.locator(".rhythm-preview").getByText(lang === "fr" ? /chaque semaine, le lundi et jeudi, à 7 h et soir, jusqu'au/ : /every week, on Monday and Thursday, at 7:00 and evening, until/).waitFor();
	check((await annas.locator(".rhythm-preview li").count()) >= 6, "the next dates");
	await looked(annas, "rhythm");
	await annas.getByText(new RegExp(t("base.draft.kept", { time: "" }).trim())).waitFor();
	await annas.reload(); /* what was chosen is kept */
	await annas.locator(".rhythm-preview li").nth(5).waitFor();
	check((await annas.locator("#rhythm-until").inputValue()) === end && (await choice(annas, lang === "fr" ? "jeudi" : "Thursday").locator("input").isChecked()), "after a reload");
	await annas.locator("#rhythm-reason").fill("prescription changée");
	await button(annas, "base.save").click();
	await annas.getByRole("heading", { level: 1, name: t("recurrence.title") }).waitFor();
	const items = (await anna.want(200, "GET", `/api/patients/${patients[0]}/plan`)).problems.flatMap((one) => one.items);
	check(items.some((item) => item.recurrence === `FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=7,19;UNTIL=${end.replaceAll("-", "")}`), JSON.stringify(items.map((item) => item.recurrence)));
	/* and read back: the same choices */
	const item = items.find((one) => one.recurrence.includes("WEEKLY"));
	await open(annas, `/patients/${patients[0]}/recurrence/${item.id}`);
	await annas.getByText(t("recurrence.now")).waitFor();
	check(await choice(annas, lang === "fr" ? "lundi" : "Monday").locator("input").isChecked(), "Monday");
	await choice(annas, t("recurrence.every.days")).click();
	await annas.locator("#rhythm-interval").fill("3");
	await annas.locator(".rhythm-preview").getByText(lang === "fr" ? /tous les 3 jours/ : /every 3 days/).waitFor();
}

/* How much each has. */
async function load(annas) {
	await week(annas, day);
	await button(annas, "week.byNurse").click();
	await annas.locator("#week-nurse").selectOption({ label: "Béa Morvan" });
	await visit(annas, "Haddad").waitFor();
	await looked(annas, "week-nurse");
	await button(annas, "week.byLoad").click();
	await annas.locator(".plot canvas").waitFor();
	check(/Béa Morvan/.test(await annas.locator(".week-table").textContent()), "a row of each");
	await looked(annas, "week-load");
}

try {
	await claimTwice();
	const annas = await window(anna);
	const beas = await window(bea, { dark: true });
	await handedOver(annas, beas);
	await takenTwice(annas, beas);
	await absent(annas);
	await night(annas);
	await rhythm(annas);
	await load(annas);
	check(annas.complaints.length === 0 && beas.complaints.length === 0, [...annas.complaints, ...beas.complaints].join("; "));
	check((await personOf(anna)).length === 32, at);
	console.log(`${checked()} checks`);
} catch (problem) {
	await failed();
	throw problem;
} finally {
	await world.close();
}
