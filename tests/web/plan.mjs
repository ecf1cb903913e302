/* A problem is assessed with its former scores beside, plotted and corrected; the care plan: how often, goals, ending with a reason, undo; a colleague sees it.
 * Usage: plan.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { screensOf } from "./screens.mjs";
import { makeTeam, meet } from "./team.mjs";
import { check, checked, shot, until } from "./world.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const team = await makeTeam();
const { world, anna, bea, patients, problems } = team;
const { t, tn, at, window, open, button, link, looked, failed } = screensOf(world, width, lang);
const [patient, problem] = [patients[0], problems[0]];
const short = problem.slice(0, 12);
const file = `/patients/${patient}`;

const heading = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const skin = (page) => page.locator(".plan-problem").filter({ has: page.getByRole("link", { name: /^(Peau|Skin)$/ }) });
const listed = async (device, kind, of = patient) => (await device.want(200, "GET", `/api/patients/${of}/${kind}`)).records;
const daysAgo = (days) => `${new Date(Date.now() - days * 86400000).toISOString().slice(0, 19)}+00:00`;

/* From the file to the problem; what is drawn is also said, and there as a table. */
async function looks(page, name) {
	await open(page, file);
	await page.locator(".problem-line a").first().click();
	await page.locator(".plot-area canvas").waitFor();
	const painted = await page.locator(".plot-area canvas").evaluate((canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data.filter((value, i) => i % 4 === 3 && value > 0).length);
	check(painted > 500, `something is drawn: ${painted} pixels`);
	check((await page.locator(".plot figcaption").textContent()).includes("2 → 3"), "the plot is said in words");
	await page.locator(".plot summary").click();
	await page.locator(".plot-table tbody tr").first().waitFor();
	check((await page.locator(".plot-table tbody tr").count()) === 3, "each rating is a line of the table");
	check((await page.locator(".plot-table thead th").count()) === 4, "a column for each scale");
	await page.locator(".rating-line").nth(2).waitFor();
	await looked(page, name);
}

/* Three taps; the difference shows at once; what is chosen survives a reload; one that is missing is refused beside it; signs go along in the same change. */
async function assess(page) {
	await link(page, "plan.assess").click();
	await page.locator(".kbs").first().waitFor();
	check((await page.locator(".kbs-before").count()) === 3, "the score before is marked on each scale");
	await page.locator('input[name="assess-knowledge"][value="4"]').check();
	await page.locator(".kbs").first().getByText("+1", { exact: true }).waitFor();
	await page.locator('input[name="assess-behaviour"][value="2"]').check();
	await page.locator(".kbs").nth(1).getByText("−1", { exact: true }).waitFor();
	await page.locator(".signs input").nth(0).check();
	await kept(page);
	await page.reload();
	await page.locator(".kbs").first().waitFor();
	await until(() => page.locator('input[name="assess-knowledge"][value="4"]').isChecked(), "what was chosen is there after a reload");
	check(await page.locator(".signs input").nth(0).isChecked(), "and the sign");
	await open(page, `${file}/problems/${problem}`);
	await page.getByRole("link", { name: new RegExp(t("problem.resume", { time: "" }).split("(")[0].trim()) }).click();
	await page.locator(".kbs").first().waitFor();
	await button(page, "base.save").click();
	await page.locator("#assess-status-said .problem").waitFor();
	await looked(page, "assess");
	await page.locator('input[name="assess-status"][value="2"]').check();
	await page.locator("#assess-note").fill("Comprend mieux, applique moins.");
	await kept(page);
	await button(page, "base.save").click();
	await page.locator(".rating-line").nth(3).waitFor();
	const ratings = await listed(anna, "rating");
	const mine = ratings.find((rating) => rating.note?.startsWith("Comprend"));
	check(ratings.length === 4 && mine.knowledge === 4 && mine.behaviour === 2 && mine.status === 2, JSON.stringify(mine));
	const record = (await listed(anna, "problem"))[0];
	check(record.signCodes?.length === 1, "the sign is saved");
	const past = await anna.want(200, "GET", `/api/history/${patient}?kind=problem&id=${problem}&limit=1`);
	check(past.changes[0].by[0].seq === mine.author.seq, "scores and signs are one change");
	return mine;
}

async function kept(page) {
	await page.getByText(new RegExp(t("base.draft.kept", { time: "" }).trim())).waitFor();
}

/* The wrong one stays, struck through, with the reason of the new one. */
async function correct(page) {
	await page.locator(".rating-line").first().getByRole("link", { name: t("problem.correct") }).click();
	await page.locator('input[name="assess-behaviour"][value="3"]').check();
	await button(page, "base.save").click();
	await page.locator("#assess-reason-said .problem").waitFor();
	await page.locator("#assess-reason").fill("mauvaise ligne");
	await kept(page);
	await button(page, "base.save").click();
	await page.locator(".rating-line.was").waitFor();
	await page.getByText(t("problem.correction", { reason: "mauvaise ligne" })).waitFor();
	const ratings = await listed(anna, "rating");
	check(ratings.length === 5 && ratings.filter((one) => one.corrected).length === 1, "both are there");
	await page.locator("details.card summary").last().click();
	await page.locator("details.card li").first().waitFor();
	await looked(page, "problem");
}

/* Found by a word of a sign, in whatever case and without accents; signs only of what is actual. */
async function newProblem(page) {
	await open(page, `${file}/problems/new`);
	await page.locator("#problem-code").waitFor();
	await page.locator("#problem-code").fill(lang === "fr" ? "DOULEUR" : "pain");
	await page.locator(".term").first().waitFor();
	check((await page.locator(".term .quiet.small").count()) > 1, "what was found by a sign says by which");
	await shot(page, `problem-search-${at}`);
	await page.locator(".term").filter({ hasText: /PB24/ }).click();
	await page.locator(".term-chosen").getByText("PB24").waitFor();
	check((await page.locator(".notice.warn").count()) === 0, "it is new");
	check((await page.locator(".signs").count()) === 0, "no signs before it is said that it is actual");
	await page.locator('input[name="problem-severity"][value="actual"]').check();
	await page.locator(".signs input").first().check();
	await page.locator('input[name="problem-scope"][value="family"]').check();
	await kept(page);
	await looked(page, "problem-new");
	await button(page, "base.save").click();
	await page.locator(".kbs").first().waitFor();
	await page.evaluate((to) => { location.hash = to; }, `${file}/problems/new`);
	await page.locator("#problem-code").fill("PB26");
	await page.locator(".term").first().click();
	await page.getByText(t("plan.followed")).waitFor();
	await button(page, "base.discard").click();
	await heading(page, t("plan.title"));
	const made = (await listed(anna, "problem")).find((one) => one.id !== problem);
	check(made.severity === "actual" && made.scope === "family" && made.signCodes.length === 1, JSON.stringify(made));
	await open(page, `${file}/problems/${made.id}/assess`);
	await page.locator(".kbs").first().waitFor();
	check((await page.locator(".kbs-before").count()) === 0, "nothing stands before the first assessment");
}

/* How often in words, a rule chosen by days, what is ended with a reason and taken back. */
async function plan(page) {
	await open(page, file);
	await link(page, "plan.title").click();
	await heading(page, t("plan.title"));
	const items = page.locator(".plan-item");
	await items.nth(1).waitFor();
	await page.getByText(lang === "fr" ? /Tous les jours, à 7 h/ : /Every day, at 7:00/).first().waitFor();
	await page.getByText(t("plan.dueFirst")).waitFor(); /* the new problem */
	await looked(page, "plan");
	const last = items.filter({ hasText: "tension, pouls" });
	await last.locator(".actions > summary").click();
	await button(last, "plan.end").first().click();
	await last.locator("form").getByRole("button", { name: t("plan.end") }).click();
	await last.locator(".problem").waitFor(); /* why is missing: nothing is changed */
	check((await listed(anna, "intervention")).every((one) => one.state !== "ended"), "nothing ended yet");
	await last.locator("form input").fill("tension stable");
	await looked(page, "plan-ending");
	await last.locator("form").getByRole("button", { name: t("plan.end") }).click();
	await page.getByText(tn("plan.endedItems", 1)).waitFor();
	check((await listed(anna, "intervention")).some((one) => one.state === "ended"), "it ended");
	await button(page, "undo.back").click();
	await page.getByText(tn("plan.endedItems", 1)).waitFor({ state: "detached" });
	check((await listed(anna, "intervention")).every((one) => one.state !== "ended"), "and that is taken back");
}

async function item(page) {
	await skin(page).getByRole("link", { name: t("plan.addItem") }).click();
	await heading(page, t("plan.new.intervention"));
	await page.locator("#intervention-targetCode").fill(lang === "fr" ? "medic" : "medication");
	await page.locator(".term").first().click();
	await page.locator('input[name="intervention-category"][value="teaching"]').check();
	await page.locator("#intervention-detail").fill("pilulier du soir");
	const often = (every) => page.locator(`input[name="intervention-recurrence-every"][value="${every}"]`).check();
	await often("month");
	await page.locator("#intervention-recurrence-interval").fill("3");
	await page.locator(".rhythm-preview").getByText(lang === "fr" ? /tous les 3 mois/ : /every 3 months/).waitFor();
	await often("words");
	await page.locator("#intervention-recurrence").fill("matin et soir");
	check((await page.locator(".rhythm-preview").count()) === 0, "nothing is planned from words");
	await often("week");
	await page.getByText(t("recurrence.choose")).waitFor();
	await kept(page);
	await button(page, "base.save").click();
	await page.locator("#intervention-recurrence-said .problem").waitFor();
	for (const day of lang === "fr" ? ["lundi", "jeudi"] : ["Monday", "Thursday"]) await page.getByRole("checkbox", { name: day }).check();
	await page.getByRole("checkbox", { name: t("recurrence.part.19") }).check();
	await page.getByRole("checkbox", { name: t("recurrence.part.8") }).uncheck();
	await page.locator(".rhythm-preview").getByText(lang === "fr" ? "chaque semaine, le lundi et jeudi, soir" : "every week, on Monday and Thursday, evening").waitFor();
	check((await page.locator(".rhythm-preview li").count()) > 1, "the next dates are said before anything is saved");
	await kept(page);
	await looked(page, "plan-item");
	await button(page, "base.save").click();
	await page.getByText(lang === "fr" ? /Chaque semaine, le lundi et jeudi, soir/ : /Every week, on Monday and Thursday, evening/).waitFor();
	const made = (await listed(anna, "intervention")).find((one) => one.detail === "pilulier du soir");
	check(made.recurrence === "FREQ=WEEKLY;BYDAY=MO,TH;BYHOUR=19" && made.problem === short, JSON.stringify(made));
}

/* What touches safety is not changed without a reason; the save can be taken back. */
async function edited(page) {
	const one = page.locator(".plan-item").filter({ hasText: "pansement, avec l'aidante" });
	await one.locator(".actions > summary").click();
	await link(one, "base.change").click();
	await heading(page, t("plan.edit.intervention"));
	await page.getByRole("checkbox", { name: t("recurrence.part.19") }).check();
	await kept(page);
	await button(page, "base.save").click();
	await page.locator("#reason-said .problem").waitFor();
	await looked(page, "plan-reason");
	await page.locator("#reason").fill("exsudat abondant");
	await button(page, "base.save").click();
	await page.getByText(t("plan.saved.intervention")).waitFor();
	const rule = async () => (await listed(anna, "intervention")).find((item) => item.detail === "pansement, avec l'aidante").recurrence;
	check((await rule()) === "FREQ=DAILY;BYHOUR=7,19", await rule());
	await looked(page, "plan-undo");
	await button(page, "undo.back").click();
	await page.getByText(t("plan.saved.intervention")).waitFor({ state: "detached" });
	check((await rule()) === "FREQ=DAILY;BYHOUR=7", "as it was");
}

/* Words plan nothing; what they mean mostly is one tap. */
async function proposed(page) {
	await anna.saves(`/api/patients/${patient}/intervention`, { problem: short, category: "treatment", targetCode: "TG14", detail: "bas de contention", recurrence: "1x/j" });
	await page.getByText(t("plan.inWords"), { exact: false }).waitFor();
	await page.locator(".plan-item").filter({ hasText: "bas de contention" }).getByRole("button", { name: new RegExp(t("plan.propose", { words: "" }).trim()) }).click();
	await page.getByText(t("plan.inWords"), { exact: false }).waitFor({ state: "detached" });
	check((await listed(anna, "intervention")).some((one) => one.detail === "bas de contention" && one.recurrence.startsWith("FREQ=DAILY")), "it is a rule now");
}

async function goal(page) {
	await skin(page).getByRole("link", { name: t("plan.addGoal") }).click();
	await page.locator("#goal-words").fill("Descendre au jardin sans aide");
	await page.locator("#goal-targetDate").fill("2027-03-01");
	await kept(page);
	await button(page, "base.save").click();
	await page.getByText("Descendre au jardin sans aide").waitFor();
	await page.getByText(t("plan.goalBy", { day: lang === "fr" ? "1er mars 2027" : "1 March 2027" })).waitFor();
	await looked(page, "plan-goal");
}

/* Live at the colleague's, in the dark; two who write apart are both shown. */
async function colleague(annas, beas) {
	await open(beas, `${file}/plan`);
	await beas.getByText("Descendre au jardin sans aide").waitFor();
	const seen = (await listed(bea, "intervention")).find((one) => one.detail === "pilulier du soir");
	await bea.stop();
	const asked = (device, rule) => device.want(200, "PATCH", `/api/patients/${patient}/intervention/${seen.id}`, { recurrence: rule, seen: seen.seen, reason: "essai" });
	await asked(anna, "FREQ=DAILY;BYHOUR=19");
	await bea.start();
	await asked(bea, "FREQ=DAILY;INTERVAL=2;BYHOUR=19");
	await bea.stop();
	await meet(anna, bea);
	await annas.getByText(t("plan.apart")).waitFor();
	const apart = annas.locator(".plan-item .notice");
	const kept = apart.getByRole("button", { name: lang === "fr" ? "Tous les 2 jours, soir" : "Every 2 days, evening" });
	await apart.getByRole("button", { name: lang === "fr" ? "Tous les jours, soir" : "Every day, evening" }).waitFor();
	await kept.click();
	await apart.locator("form input").fill("moins souvent suffit");
	await looked(annas, "plan-apart");
	await apart.getByRole("button", { name: t("plan.keep") }).click();
	await apart.waitFor({ state: "detached" });
	const settled = (await listed(anna, "intervention")).find((one) => one.id === seen.id);
	check(settled.recurrence === "FREQ=DAILY;INTERVAL=2;BYHOUR=19" && !settled.concurrent, JSON.stringify(settled));
	await beas.goto("about:blank");
	await beas.goto(bea.url);
	await beas.getByRole("heading", { level: 1 }).waitFor();
	await looks2(beas);
}

async function looks2(page) {
	await open(page, `${file}/problems/${problem}`);
	await page.locator(".plot-area canvas").waitFor();
	await page.locator(".rating-line.was").waitFor();
	await looked(page, "problem-dark");
}

/* Closed with a reason, opened again by taking that back; due ones of the whole team. */
async function closes(page) {
	await open(page, `${file}/problems/${problem}`);
	await button(page, "problem.close").click();
	await page.locator("#problem-reason").fill("cicatrisé");
	await page.locator("form.asked").getByRole("button", { name: t("problem.close") }).click();
	await page.getByText(t("problem.isClosed"), { exact: false }).first().waitFor();
	check((await listed(anna, "problem")).find((one) => one.id === problem).state === "closed", "closed");
	await button(page, "undo.back").click();
	await button(page, "problem.close").waitFor();
	await open(page, "/more");
	await page.locator('a[href="#/reassess"]').click();
	await heading(page, t("reassess.title"));
	await page.locator(".rows li").first().waitFor();
	await looked(page, "reassess");
	await page.locator(".rows a.line").first().click();
	await heading(page, t("plan.title"));
}

try {
	await anna.saves(`/api/patients/${patient}/rating`, { problem: short, knowledge: 2, behaviour: 2, status: 1, at: daysAgo(180) });
	await anna.saves(`/api/patients/${patient}/rating`, { problem: short, knowledge: 2, behaviour: 3, status: 2, at: daysAgo(90), expectedStatus: 4 });
	await meet(anna, bea);
	const annas = await window(anna);
	const beas = await window(bea, { dark: true });
	await looks(annas, "problem-plot");
	await assess(annas);
	await correct(annas);
	await newProblem(annas);
	await plan(annas);
	await edited(annas);
	await item(annas);
	await proposed(annas);
	await goal(annas);
	await colleague(annas, beas);
	await closes(annas);
	check(annas.complaints.length === 0, annas.complaints.join("; "));
	console.log(`${checked()} checks`);
} catch (problem) {
	await failed();
	throw problem;
} finally {
	await world.close();
}
