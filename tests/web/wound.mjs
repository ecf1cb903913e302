/* What is followed of a patient: a wound with its photos (journey 3), a prescription and the doses of a day (journey 5), measures; two devices.
 * Usage: wound.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { CANARY, keptPhoto, paperPhoto, savePhoto, woundPhoto } from "./picture.mjs";
import { addDays, screensOf } from "./screens.mjs";
import { makeTeam, meet } from "./team.mjs";
import { check, checked, shot, today, until } from "./world.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const team = await makeTeam();
const { world, anna, bea, patients } = team;
const { t, tn, at, window, open, button, link, looked, failed } = screensOf(world, width, lang);
const [patient, other] = patients;
const fr = lang === "fr";

const title = (page, name) => page.getByRole("heading", { level: 1, name }).waitFor();
const short = (id) => id.slice(0, 12);
const day = (later) => addDays(today(), later);

/* ---- A wound ---- */

async function addWound(page) {
	await open(page, `/patients/${patient}`);
	await link(page, "wounds.title").click();
	await page.getByText(t("wounds.none")).waitFor();
	await link(page, "wounds.add").click();
	await title(page, t("wounds.new"));
	await button(page, "base.save").click();
	await page.locator("#wound-site-said .problem").waitFor();
	await page.locator("#wound-type").selectOption("pressure");
	await page.locator("#wound-site").fill("talon gauche");
	await page.locator("#wound-since").fill(day(-23));
	await button(page, "base.save").click();
	await title(page, "talon gauche");
	await page.getByText(fr ? "depuis 3 semaines" : "for 3 weeks").waitFor();
	return (await anna.want(200, "GET", `/api/patients/${patient}/wounds`)).wounds[0].id;
}

/* Asked before: the camera does not open without a consent, and not after a refusal. */
async function consents(page) {
	await link(page, "wounds.newCheck").click();
	await page.getByText(t("consent.lacking")).waitFor();
	await page.getByText(t("photo.askFirst")).waitFor();
	check((await page.locator('input[type="file"]').count()) === 0, "no camera without a consent");
	await looked(page, "wound-consent");
	await button(page, "consent.note").click();
	await button(page, "consent.save").click();
	await page.locator("#consent-how-said .problem").waitFor();
	await page.locator("#consent-how").fill(fr ? "de vive voix, à moi" : "by word of mouth, to me");
	await button(page, "consent.save").click();
	await page.getByText(t("consent.given", { day: "" }).trim(), { exact: false }).first().waitFor();
	await page.locator('input[type="file"]').waitFor({ state: "attached" });
}

const choose = (page, name, bytes, type = "image/jpeg") => page.locator('.photo-slot input[type="file"]').first().setInputFiles({ name, mimeType: type, buffer: bytes });

async function takes(page, wound) {
	await page.locator("#woundCheck-length").fill("3");
	const guard = page.locator(".guard strong");
	check((await guard.textContent()) === "Le Goff Yvonne", "whose file it is");
	check((await guard.evaluate((one) => parseFloat(getComputedStyle(one).fontSize))) >= 24, "in large letters");
	await shot(page, `wound-guard-${at}`);
	/* what is no photo, and what is cut, are refused where one is; nothing that was typed is lost */
	await choose(page, "lettre.jpg", Buffer.from("GIF89a"));
	await button(page, "photo.keep", { name: "Le Goff Yvonne" }).click();
	await page.locator(".photo-slot .notice.bad").getByText(fr ? "ni un scan" : "not a photo").waitFor();
	await looked(page, "wound-refused");
	const photo = await woundPhoto(page, 3, 2.5);
	await choose(page, "coupee.jpg", photo.subarray(0, 9000));
	await button(page, "photo.keep", { name: "Le Goff Yvonne" }).click();
	await page.locator(".photo-slot .notice.bad").getByText(fr ? "abîmé ou incomplet" : "damaged").waitFor();
	check((await page.locator("#woundCheck-length").inputValue()) === "3", "what was typed stays");
	check(photo.includes(CANARY) && photo.length > 3 * 128 * 1024, "a photo of several pieces, with its place");
	await choose(page, "photo.jpg", photo);
	await page.locator(".picture .preview").waitFor();
	await looked(page, "wound-preview");
	/* it is not lost in silence: neither by a save, nor when one looks elsewhere in between */
	await button(page, "base.save").click();
	await page.locator(".foot").getByText(t("photo.waiting")).waitFor();
	await shot(page, `wound-waiting-${at}`);
	await open(page, `/patients/${patient}`);
	await page.getByRole("heading", { level: 1, name: "Le Goff Yvonne" }).waitFor();
	await open(page, `/patients/${patient}/wounds/${wound}/check`);
	await page.locator(".picture .preview").waitFor();
	/* every piece that is handed over is said, in kB */
	await page.evaluate(() => {
		window.told = [];
		new MutationObserver(() => {
			const bar = document.querySelector(".photo-slot progress");
			if (bar && window.told.at(-1) !== bar.value) window.told.push(bar.value);
		}).observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
	});
	await button(page, "photo.keep", { name: "Le Goff Yvonne" }).click();
	await page.getByText(t("wounds.taken")).waitFor();
	const told = await page.evaluate(() => window.told);
	check(told.length >= 3 && told.every((kb, i) => i === 0 || kb > told[i - 1]), `the progress in kB: ${told}`);
	const row = (await anna.want(200, "GET", `/api/patients/${patient}/photos`)).photos[0];
	const kept = await keptPhoto(anna, patient, row.id);
	check(!kept.includes(CANARY) && kept.length === row.bytes, "place and camera are gone");
	const consent = (await anna.want(200, "GET", `/api/patients/${patient}/consent`)).records[0];
	check(row.wound === short(wound) && row.consent === short(consent.id), "with the wound and the consent");
	return row.id;
}

async function measures(page) {
	await page.locator("#woundCheck-length").fill("300");
	await page.locator("#woundCheck-width").fill("2,5");
	await page.locator('input[name="woundCheck-tissue"][value="granulating"]').check();
	await page.locator('input[name="woundCheck-exudate"][value="low"]').check();
	await page.locator("#woundCheck-pain").fill("2");
	await button(page, "base.save").click();
	await page.locator("#woundCheck-length-said .problem").waitFor();
	await looked(page, "wound-check");
	await page.locator("#woundCheck-length").fill("3");
	await page.locator(".foot-beside").getByText(fr ? "(7,5 cm²)" : "(7.5 cm²)").waitFor();
	await button(page, "base.save").click();
	await title(page, "talon gauche");
}

/* Last week's photo beside today's; at the other device too, once it is there. */
async function compared(page, beas) {
	await page.getByRole("heading", { name: t("wounds.beside") }).waitFor();
	await page.locator('.beside img[data-whole="yes"]').nth(1).waitFor();
	const captions = await page.locator(".beside figcaption strong").allTextContents();
	check(captions.join() === [t("wounds.before.week"), t("wounds.today")].join(), `last week beside today: ${captions}`);
	const [left, right] = await page.locator(".beside figure").evaluateAll((all) => all.map((one) => one.getBoundingClientRect()).map(({ top, left: x }) => ({ top, x })));
	check(left.top === right.top && left.x < right.x, "side by side");
	await page.getByText(t("wounds.changePercent", fr ? { change: "-4,5", percent: "-37" } : { change: "-4.5", percent: "-37" })).waitFor();
	check((await page.locator(".beside").getByText(t("base.onlyHere"), { exact: true }).count()) === 2, "nobody asked for the photos yet");
	/* at her device the small pictures are there; the whole ones come once she looks */
	await open(beas, `/patients/${patient}/wounds`);
	await beas.getByText("talon gauche").waitFor();
	await beas.locator("img.thumb").first().waitFor();
	await looked(beas, "wounds");
	await beas.getByRole("link", { name: "talon gauche" }).click();
	await beas.locator('.beside img[data-whole="yes"]').nth(1).waitFor();
	await page.locator(".beside").getByText(tn("base.onDevices", 1)).nth(1).waitFor(); /* live */
	await looked(page, "wound");
	await button(page, "wounds.larger").click();
	const tops = await page.locator(".beside figure").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().top));
	check(tops[1] > tops[0], "one below the other");
}

/* A visit runs at somebody else's: said before a photo goes into the wrong file. */
async function wrongPatient(page, wound) {
	await anna.saves(`/api/patients/${other}/visits/start`, {});
	await open(page, `/patients/${patient}/wounds/${wound}/check`);
	await page.getByText(t("photo.otherVisit", { other: "Martin Jean", name: "Le Goff Yvonne" })).waitFor();
	await looked(page, "wound-other-visit");
	await anna.want(200, "DELETE", "/api/visits/running");
	await page.reload();
	await page.locator(".guard strong").waitFor();
	await page.getByText(t("photo.otherVisit", { other: "Martin Jean", name: "Le Goff Yvonne" })).waitFor({ state: "detached" });
}

/* Withdrawn at the other device: the camera is gone here. */
async function withdrawn(page) {
	await bea.saves(`/api/patients/${patient}/consent`, { scope: "photo", decision: "withdrawn", how: "oral" });
	await page.getByText(t("consent.refused")).waitFor();
	await page.locator('input[type="file"]').waitFor({ state: "detached" });
}

async function woundStory(annas, beas) {
	const wound = await addWound(annas);
	await consents(annas);
	const before = await savePhoto(anna, patient, await woundPhoto(annas, 4, 3), { wound: short(wound), at: `${day(-7)}T08:10:00+01:00` });
	await anna.saves(`/api/patients/${patient}/woundCheck`, { wound: short(wound), at: `${day(-7)}T08:10:00+01:00`, length: "4", width: "3", tissue: "fibrin", exudate: "high", pain: 5, photo: short(before) });
	await anna.saves(`/api/patients/${patient}/woundCheck`, { wound: short(wound), at: `${day(-14)}T08:10:00+01:00`, length: "4.5", width: "3", tissue: "necrosis", exudate: "high" });
	await takes(annas, wound);
	await measures(annas);
	await compared(annas, beas);
	await wrongPatient(annas, wound);
	await withdrawn(annas);
}

/* ---- Medication ---- */

async function prescribes(page) {
	await open(page, `/patients/${patient}/prescriptions`);
	await page.getByText(t("prescription.none")).waitFor();
	await link(page, "prescription.add").click();
	await title(page, t("prescription.add"));
	await choose(page, "ordonnance.jpg", await paperPhoto(page, ["Dr Haddad, médecin généraliste", "Mme Yvonne Le Goff", "Lantus 12 UI, matin et coucher", "Paracétamol 1 g, si besoin, max 3 par jour", "Kardegic 75 mg, 1 matin", "Infirmière à domicile, tous les jours"]));
	await button(page, "photo.keep", { name: "Le Goff Yvonne" }).click();
	await page.getByText(t("prescription.scanned")).waitFor();
	await page.locator("#prescription-date").fill(day(-50));
	await page.locator("#prescription-validUntil").fill(day(5));
	for (const [number, drug, dose, schedule] of [[1, "Lantus", "12 UI", "1-0-0-1"], [2, "Paracétamol 1 g", "1 cp", "si besoin, max 3 par jour"], [3, "Kardegic 75 mg", "", "1 matin"]]) {
		await button(page, "prescription.addLine").click();
		await page.locator(`#line-${number}-drug`).fill(drug);
		await page.locator(`#line-${number}-dose`).fill(dose);
		await page.locator(`#line-${number}-schedule`).fill(schedule);
	}
	await button(page, "base.save").click();
	await page.locator("#prescription-prescriber-said .problem").waitFor();
	await page.locator("#line-3-dose-said .problem").waitFor();
	await looked(page, "prescription-new");
	/* the program ends; all of it is there again */
	await page.reload();
	await until(async () => (await page.locator("#line-3-drug").inputValue().catch(() => "")) === "Kardegic 75 mg", "the lines are there after a reload");
	await page.locator("#prescription-prescriber").fill("Dr Haddad");
	await page.locator("#line-3-dose").fill("1 sachet");
	await button(page, "base.save").click();
	await title(page, t("medication.prescriptions"));
	await page.getByText("Kardegic 75 mg").waitFor();
	const [whole] = (await anna.want(200, "GET", `/api/patients/${patient}/medication`)).prescriptions;
	check(whole.lines.length === 3 && whole.scan, `in one save: ${JSON.stringify(whole)}`);
	return whole;
}

/* Ahead of time; at 45 days; the scan; a line is amended, one is stopped. */
async function followed(page, whole) {
	await page.getByText(tn("prescription.endsIn", 5)).waitFor();
	await page.getByText(t("prescription.followUp.due", { day: "" }).trim(), { exact: false }).waitFor();
	await button(page, "prescription.seeScan").click();
	await page.locator('.picture img[data-whole="yes"]').waitFor();
	await looked(page, "prescriptions");
	await link(page, "prescription.followUpDo").first().click();
	await title(page, t("prescription.do.follow-up-45"));
	await page.locator("#medicationReview-words").fill("Fait avec le pharmacien");
	await button(page, "base.save").click();
	await page.getByText(t("prescription.followUp.done", { words: "Fait avec le pharmacien" })).waitFor();
	const line = (name) => page.locator(".drug-line").filter({ hasText: name });
	await link(line("Lantus"), "prescription.amend").click();
	await page.locator("#prescriptionLine-dose").fill("14 UI");
	await button(page, "base.save").click();
	await page.locator("#reason-said .problem").waitFor(); /* why is missing */
	await looked(page, "line-reason");
	await page.locator("#reason").fill("glycémies hautes");
	await page.getByText(new RegExp(t("base.draft.kept", { time: "" }).trim())).waitFor();
	await page.reload();
	await until(async () => (await page.locator("#reason").inputValue().catch(() => "")) === "glycémies hautes", "why is there after a reload");
	await button(page, "base.save").click();
	await line("Lantus").getByText("14 UI").waitFor();
	await link(line("Kardegic"), "prescription.stop").click();
	await page.locator("#prescriptionStop-by").fill("Dr Haddad");
	await page.locator("#prescriptionStop-why").fill("saignements");
	await button(page, "prescription.saveStop").click();
	await line("Kardegic").getByText("saignements").waitFor();
	const lines = (await anna.want(200, "GET", `/api/patients/${patient}/medication`)).prescriptions.find((one) => one.id === whole.id).lines;
	check(lines.find((one) => one.drug === "Lantus").dose === "14 UI" && lines.find((one) => one.drug.startsWith("Kardegic")).state === "stopped", JSON.stringify(lines));
}

/* Every photo and document of the file; one more, which is no wound's and asks for no consent. */
async function gallery(page) {
	await open(page, `/patients/${patient}/photos`);
	await page.getByText(t("photos.wound", { site: "talon gauche" })).first().waitFor();
	await link(page, "photos.add").click();
	await page.locator("#caption").fill("Compte rendu");
	await page.locator('.photo-slot input[type="file"]').nth(1).setInputFiles({ name: "cr.jpg", mimeType: "image/jpeg", buffer: await paperPhoto(page, ["Centre hospitalier", "Compte rendu de sortie"]) });
	await button(page, "photo.keep", { name: "Le Goff Yvonne" }).click();
	const row = page.locator("li.card").filter({ hasText: "Compte rendu" });
	await button(row, "photos.open").click();
	await row.locator('img[data-whole="yes"]').waitFor();
	await looked(page, "photos");
}

const card = (page, name) => page.locator("li.dose").filter({ hasText: name });

/* One tap; refused with a reason; what a colleague gives at her device meanwhile is an alarm, and both stay. */
async function gives(page, whole) {
	await page.getByRole("link", { name: t("medication.day") }).click();
	await title(page, t("medication.title"));
	const morning = card(page, "Lantus").first();
	await button(morning, "medication.give").click();
	await morning.locator(".dose-said > p").filter({ hasText: "Anna Le Gall" }).waitFor();
	await morning.getByText(t("medication.state.given"), { exact: true }).waitFor();
	await morning.getByText(tn("base.onDevices", 1)).waitFor();
	const evening = card(page, "Lantus").nth(1);
	await button(evening, "medication.other").click();
	await page.locator('input[name="dose-outcome"][value="refused"]').check();
	await button(page, "medication.saveDose").click();
	await page.locator("#dose-why-said .problem").waitFor();
	await page.locator("#dose-why").fill("nausées");
	await looked(page, "dose-refused");
	await button(page, "medication.saveDose").click();
	await evening.getByText("nausées").waitFor();
	await looked(page, "medication");
	const lantus = whole.lines.find((one) => one.drug === "Lantus").id;
	await bea.saves(`/api/patients/${patient}/dose`, { line: short(lantus), outcome: "given", slot: "morning", day: today() });
	const alarm = page.locator(".alarm");
	await alarm.getByText(t("medication.bothStay")).waitFor();
	await alarm.locator(".dose-said > p").filter({ hasText: "Béa Morvan" }).waitFor();
	check((await alarm.locator(".dose-said").count()) === 2 && (await morning.locator(".dose-said").count()) === 2, "both stay");
	await looked(page, "medication-alarm");
	await open(page, `/patients/${patient}`);
	await page.locator(".notice.bad").getByText(fr ? "Lantus : administré deux fois" : "Lantus: given twice", { exact: false }).waitFor();
	await looked(page, "patient-followed");
	await open(page, `/patients/${patient}/medication`);
	await button(alarm, "medication.review").click();
	await alarm.locator("#medicationReview-words").fill("Glycémie surveillée, médecin prévenu");
	await button(alarm, "medication.saveReview").click();
	await alarm.waitFor({ state: "detached" });
	await page.getByText(tn("medication.settled", 1)).waitFor();
	check((await morning.locator(".dose-said").count()) === 2, "and still do");
}

/* As needed; entered by mistake, and it stays, struck through. */
async function mistakes(page) {
	const needed = card(page, "Paracétamol");
	await needed.getByText(t("medication.givenOf", { n: 0, max: 3 })).waitFor();
	await button(needed, "medication.give").click();
	await needed.getByText(t("medication.givenOf", { n: 1, max: 3 })).waitFor();
	/* once more at once: said to whoever does it, in the node's words */
	await button(needed, "medication.give").click();
	await needed.getByRole("alert").getByText(fr ? "déjà" : "already", { exact: false }).waitFor();
	await page.locator(".alarm").getByText(t("medication.doubleNoSlot", { drug: "Paracétamol 1 g", day: "" }).split(",")[0], { exact: false }).waitFor();
	const morning = card(page, "Lantus").first();
	await button(morning.locator(".dose-said").filter({ has: page.locator("p", { hasText: "Anna" }) }).first(), "medication.correct").click();
	await page.locator(".tick").filter({ hasText: /erreur|mistake/ }).locator("input").check();
	await page.locator("#reason").fill("autre patiente");
	await button(page, "medication.saveDose").click();
	await until(async () => (await anna.want(200, "GET", `/api/patients/${patient}/medication`)).doses.some((one) => one.mistaken), "the mistaken dose");
	await page.locator(".dose-said").filter({ has: page.locator("p.out") }).getByText(t("medication.mistaken")).first().waitFor(); /* it stays readable */
	check((await needed.locator(".dose-said").count()) === 2, "who gave it, as needed, too");
	await looked(page, "medication-mistaken");
	await page.getByRole("button", { name: t("medication.dayBefore") }).click();
	await card(page, "Lantus").first().getByText(t("medication.state.passed")).waitFor();
	check((await button(page, "medication.give").count()) === 0, "of another day the hour is asked");
}

/* The lines of the former go on, are read again, and are one save. */
async function renews(page) {
	await open(page, `/patients/${patient}/prescriptions`);
	await link(page, "prescription.renew").click();
	await title(page, t("prescription.renewTitle"));
	await page.getByText(tn("prescription.former", 2)).waitFor();
	check((await page.locator("#prescription-prescriber").inputValue()) === "Dr Haddad" && (await page.locator("#line-1-dose").inputValue()) === "14 UI", "as it stands now");
	await page.locator("#prescription-validUntil").fill(day(60));
	await looked(page, "prescription-renew");
	await button(page, "base.save").click();
	await title(page, t("medication.prescriptions"));
	await page.getByText(t("prescription.state.future"), { exact: true }).first().waitFor();
	const found = await anna.want(200, "GET", `/api/patients/${patient}/medication`);
	check(!found.attention.some((item) => item.type === "prescription-ends") && !found.duplicates, `renewed: ${JSON.stringify(found.attention)}`);
}

/* ---- Measures ---- */

async function vitals(page) {
	for (const [days, sys, dia, kg] of [[-60, 128, 74, "70.2"], [-45, 132, 76, "69.8"], [-30, 141, 82, "69.1"], [-15, 138, 79, "68.4"], [-5, 136, 80, "68.0"]])
		await anna.saves(`/api/patients/${patient}/vital`, { at: `${day(days)}T08:00:00+01:00`, measures: { sys, dia, kg } });
	await anna.saves(`/api/patients/${patient}/vitalLimit`, { high: { sys: 140 }, low: { kg: "67" }, by: "Dr Guérin", setOn: day(-90) });
	await open(page, `/patients/${patient}/vitals`);
	await page.locator(".plot canvas").nth(1).waitFor();
	await link(page, "vitals.add").click();
	await page.locator("#measure-sys").fill("182");
	await page.locator(".measure").filter({ has: page.locator("#measure-sys") }).getByText(t("vitals.hintBeyond")).waitFor();
	await page.locator("#measure-spo2").fill("45");
	await page.getByText(t("vitals.hintUnusual")).waitFor();
	await page.locator("#measure-temp").fill("98");
	await page.getByText(t("vitals.hintImpossible")).waitFor();
	await button(page, "base.save").click();
	await page.locator("#measures-said .problem").waitFor();
	await looked(page, "vitals-add");
	check((await page.locator("#measure-sys").inputValue()) === "182", "nothing is lost");
	await page.locator("#measure-temp").fill("36,8");
	await page.locator("#measure-gluc").fill("5,5 mmol/L");
	await button(page, "base.save").click();
	await title(page, t("vitals.title"));
	const saturation = page.locator("section.card").filter({ has: page.getByRole("heading", { name: /Saturation|Oxygen/ }) });
	await saturation.getByText(t("vitals.unusual")).first().waitFor();
	await page.locator("section.card").filter({ has: page.getByRole("heading", { name: t("vitals.pressure") }) }).getByText(t("vitals.beyond.high")).first().waitFor();
	await looked(page, "vitals");
	await saturation.locator("summary").click();
	await button(saturation, "vitals.doubt").click();
	await saturation.locator("#vitalDoubt-why").fill("doigt froid");
	await button(saturation, "vitals.saveDoubt").click();
	await saturation.getByText("doigt froid").waitFor();
	await saturation.locator(".out").waitFor();
	const found = (await anna.want(200, "GET", `/api/patients/${patient}/vitals?type=spo2`)).vitals[0];
	check(found.values.length === 1 && found.values[0].opinion === "suspect", "kept, and marked");
	await open(page, `/patients/${patient}/add/vitalLimit`);
	await page.locator("#vitalLimit-high-sys").waitFor();
	check((await page.locator("#vitalLimit-low-sys").count()) === 1, "both sides have their own fields");
	await looked(page, "vital-limit");
}

try {
	await meet(anna, bea);
	await bea.want(200, "POST", "/api/photos/policy", { which: "asked" });
	const annas = await window(anna);
	const beas = await window(bea, { dark: true });
	await woundStory(annas, beas);
	const whole = await prescribes(annas);
	await followed(annas, whole);
	await gallery(annas);
	await open(annas, `/patients/${patient}/prescriptions`);
	await gives(annas, whole);
	await mistakes(annas);
	await renews(annas);
	await vitals(annas);
	await open(beas, `/patients/${patient}/medication`);
	await title(beas, t("medication.title"));
	await beas.locator("li.dose").first().waitFor();
	await looked(beas, "medication-dark");
	const log = readFileSync(join(world.root, "anna.log"), "utf8");
	check(!log.includes("talon") && !log.includes("Lantus") && !log.includes("Le Goff"), "nothing of a patient is in the log");
	console.log(`${checked()} checks`);
} catch (problem) {
	await failed();
	throw problem;
} finally {
	await world.close();
}
