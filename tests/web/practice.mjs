/* The team together, on two devices: what two wrote apart is settled and a file signed off; meetings with notes that both write, rules, hours, the directory;
 * messages and what is written about one patient, with who has read it. Usage: practice.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { screensOf } from "./screens.mjs";
import { makeTeam, meet } from "./team.mjs";
import { check, checked, today, until } from "./world.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const team = await makeTeam();
const { world, anna, bea, patients } = team;
const { t, tn, window, open, button, looked, failed } = screensOf(world, width, lang);
const [first] = patients;

const change = (device, fields) => device.want(200, "PATCH", `/api/patients/${first}`, { ...fields, reason: "au domicile" });
const cardOf = (page, text) => page.locator("li.conflict").filter({ hasText: text });
const openConflicts = async (device) => (await device.want(200, "GET", `/api/conflicts?patient=${first}`)).fields;

/* A phone number (ordinary) and allergies (safety), each written on both devices while the other one is off. */
async function writeApart() {
	await meet(anna, bea);
	await bea.stop();
	await change(anna, { mobile: "0611111111", allergies: "latex" });
	await anna.stop();
	await bea.start();
	await change(bea, { mobile: "0622222222", allergies: "iode" });
	await bea.stop();
	await anna.start();
	await meet(anna, bea);
	await until(async () => (await openConflicts(anna)).length === 2, "two fields that were written apart");
}

/* Side by side; one tap, and a reason where safety says so; until then the file cannot be signed off; a choice is gone back on, and another one made. */
async function settled(annas, beas) {
	await open(annas, "/conflicts", t("conflicts.title"));
	await annas.locator(".conflict-value").nth(3).waitFor();
	await annas.locator(".conflict-words", { hasText: "latex" }).waitFor();
	check((await annas.locator(".conflict-value").filter({ hasText: "Anna Le Gall" }).count()) === 2, "who wrote it");
	check((await annas.locator(".conflict-value").filter({ hasText: t("conflicts.thisDevice") }).count()) === 2, "on which device");
	await looked(annas, "conflicts");
	await cardOf(annas, "0622222222").locator(".conflict-value").filter({ hasText: "0622222222" }).click();
	await cardOf(annas, "0622222222").waitFor({ state: "detached" });
	await annas.getByText(t("conflicts.settled")).waitFor();
	check((await anna.want(200, "GET", `/api/patients/${first}`)).mobile === "0622222222", "the one that was chosen");
	await open(annas, `/patients/${first}/signoff`, t("signoff.title"));
	await annas.getByText(tn("signoff.blocked", 1)).waitFor();
	await looked(annas, "signoff-blocked");
	const card = cardOf(annas, "latex");
	await card.locator(".conflict-value").filter({ hasText: "latex" }).click();
	await card.locator("form button.primary").click();
	await card.locator(".problem").waitFor(); /* why is missing: nothing is changed */
	check((await openConflicts(bea)).length === 1, "still open");
	await card.getByLabel(t("conflicts.reason")).fill("ordonnance relue");
	await card.locator("form button.primary").click();
	await button(annas, "signoff.do").waitFor();
	/* gone back on: both stand side by side again, everywhere */
	const mine = annas.locator("li.card").filter({ hasText: "latex" });
	await button(mine, "conflicts.back").click();
	await mine.getByLabel(t("conflicts.reason")).fill("les deux sont possibles");
	await button(mine, "conflicts.backDo").click();
	await annas.getByText(tn("signoff.blocked", 1)).waitFor();
	await open(beas, "/work", t("work.title"));
	await beas.locator(`a[href="#/conflicts?patient=${first}"]`).first().click();
	await cardOf(beas, "iode").locator(".conflict-value").filter({ hasText: "iode" }).click();
	await cardOf(beas, "iode").getByLabel(t("conflicts.reason")).fill("vu avec le médecin");
	await cardOf(beas, "iode").locator("form button.primary").click();
	await cardOf(beas, "iode").waitFor({ state: "detached" });
	await button(annas, "signoff.do").waitFor(); /* live */
	await annas.locator("#signoff-note").fill("relu avec Béa");
	await button(annas, "signoff.do").click();
	await annas.getByText("relu avec Béa").waitFor();
	await looked(annas, "signoff");
	await change(bea, { town: "Betton" });
	await annas.getByText(lang === "fr" ? "Le dossier a changé depuis." : "The file has changed since.").waitFor();
}

/* A sharing of practice: counted against what was agreed; notes that both write at once. */
async function meetings(annas, beas) {
	await open(annas, "/meetings/new", t("meetings.new"));
	await choose(annas, "practiceEvent-type", lang === "fr" ? "Partage de pratiques" : "Sharing of practice");
	await annas.locator("#practiceEvent-minutes").fill("90");
	await annas.locator("#practiceEvent-topic").fill("Plaies chroniques");
	await annas.locator("label.tick").filter({ hasText: "Morvan" }).click();
	await looked(annas, "meeting-new");
	await button(annas, "base.save").click();
	await annas.getByText("Béa Morvan").waitFor();
	await button(annas, "meetings.beginNotes").click();
	await annas.locator("h3").first().waitFor();
	const [event] = (await anna.want(200, "GET", "/api/records/practiceEvent")).records;
	await until(async () => (await bea.want(200, "GET", "/api/records/practiceNotes")).records.length === 1, "it comes to Béa");
	await open(beas, `/meetings/${event.id}`);
	for (const [page, words] of [[annas, "Anna : essayer l'hydrocolloïde"], [beas, "Béa : photos chaque lundi"]]) {
		await button(page, "meetings.write").first().click();
		await page.locator("#practiceNotes-notes").fill(words);
	}
	await annas.locator("#practiceNotes-decisions").fill("Une photo par semaine");
	await looked(annas, "meeting-write");
	await button(annas, "base.save").click();
	await annas.getByText("Une photo par semaine").waitFor();
	await button(beas, "base.save").click();
	for (const page of [annas, beas]) for (const words of ["hydrocolloïde", "photos chaque lundi"]) await page.locator(".prose", { hasText: words }).waitFor();
	await looked(annas, "meeting");
	/* a mistake in it is corrected, and its notes stay its own */
	await annas.getByRole("link", { name: t("meetings.correct") }).click();
	await annas.locator("#practiceEvent-minutes").fill("120");
	await button(annas, "base.save").click();
	await annas.locator("form .notice.bad, form .problem").first().waitFor(); /* why is missing */
	await annas.locator("#reason").fill("deux heures");
	await button(annas, "base.save").click();
	await annas.getByText("2 h 00").waitFor();
	await annas.locator(".prose", { hasText: "hydrocolloïde" }).waitFor();
	check((await anna.want(200, "GET", "/api/records/practiceEvent")).records.filter((one) => !one.corrected).length === 1, "one counts");
	await button(annas, "meetings.beginMinutes").click();
	await until(async () => (await anna.want(200, "GET", "/api/records/minutes")).records.length === 1, "minutes, where patients may be named");
	await open(annas, "/meetings", t("meetings.title"));
	await annas.getByText(t("meetings.lastSharing", { day: shortDay(today()), ago: t("round.today") }), { exact: false }).waitFor();
	await looked(annas, "meetings");
}

/** A choice of the field `id`, whether the form lists many or shows few. */
async function choose(page, id, label) {
	const one = page.locator(`select#${id}`);
	await one.or(page.locator(`input[name="${id}"]`).first()).waitFor({ state: "attached" });
	if (await one.count()) await one.selectOption({ label });
	else await page.locator(".choice").filter({ hasText: label }).first().click();
}

function shortDay(day) {
	return new Intl.DateTimeFormat(lang === "fr" ? "fr-FR" : "en-GB", { day: "2-digit", month: "2-digit", year: "numeric" }).format(new Date(`${day}T12:00:00Z`));
}

/* Read, signed as it stands; a text that changed is read again. */
async function rules(annas, beas) {
	await open(annas, "/rules/new", t("rules.new"));
	await annas.locator("#teamRule-title").fill("Clés des patients");
	await annas.locator("#teamRule-text").fill("Les clés restent au cabinet, dans l'armoire.");
	await button(annas, "base.save").click();
	await button(annas, "rules.sign").click();
	await annas.getByText(/Vous avez signé|You signed/).waitFor();
	await open(beas, "/rules", t("rules.title"));
	await beas.getByText("dans l'armoire").waitFor();
	await looked(beas, "rules");
	await button(beas, "rules.sign").click();
	await annas.getByText(t("rules.allSigned")).waitFor(); /* live */
	await annas.getByRole("link", { name: t("base.change") }).click();
	await annas.locator("#teamRule-text").fill("Les clés restent au cabinet, dans le coffre.");
	await button(annas, "base.save").click();
	await button(beas, "rules.sign").waitFor(); /* to be read and signed again */
	await looked(annas, "rules-changed");
}

async function lists(annas) {
	await open(annas, "/directory/new", t("directory.new"));
	await annas.locator("#directoryEntry-name").fill("Guérin");
	await annas.locator("#directoryEntry-profession").fill("Médecin généraliste");
	await annas.locator("#directoryEntry-town").fill("Rennes");
	await annas.locator("#directoryEntry-phone").fill("0299112233");
	await button(annas, "base.save").click();
	await annas.getByRole("searchbox").fill("guerin rennes");
	await annas.locator('a[href="tel:0299112233"]').waitFor();
	await looked(annas, "directory");
	await annas.getByRole("searchbox").fill("zzz");
	await annas.getByText(tn("directory.count", 0)).waitFor();
	await open(annas, "/hours/new", t("hours.new"));
	await choose(annas, "timeEntry-activity", lang === "fr" ? "Trajet" : "Travel");
	await annas.locator("#timeEntry-start").fill(`${today()}T08:00`);
	await annas.locator("#timeEntry-end").fill(`${today()}T09:15`);
	await button(annas, "base.save").click();
	await annas.getByText("1 h 15").first().waitFor();
	await looked(annas, "hours");
}

/* Urgent: counted where the other one looks first; read by whom is said by who read it. */
async function messages(annas, beas) {
	await open(beas, "/round", t("round.title"));
	await open(annas, "/messages/new", t("messages.new"));
	await button(annas, "messages.send").click();
	await annas.locator("#thread-subject-said .problem").waitFor();
	await annas.locator("#thread-subject").fill("Clé perdue");
	await annas.locator("#thread-body").fill("La clé de la boîte 4 n'est plus là.");
	await annas.locator("label.tick").filter({ hasText: "Béa Morvan" }).click();
	await annas.locator("label.tick").filter({ hasText: t("messages.urgent") }).click();
	await looked(annas, "message-new");
	await button(annas, "messages.send").click();
	await annas.getByText(t("messages.readByNobody")).waitFor();
	const badge = beas.locator('nav a[href="#/read"] .badge');
	await until(async () => (await badge.textContent().catch(() => "")) === "1", "one message to read in the navigation");
	await open(beas, "/read", t("read.title"));
	await beas.getByText("Clé perdue").waitFor();
	await looked(beas, "read-messages");
	await beas.getByRole("link", { name: /Clé perdue/ }).click();
	await beas.getByText("boîte 4").waitFor();
	check((await badge.textContent()) === "1", "who looks has not said that she has read it");
	await button(beas, "messages.markRead.one").click();
	await badge.waitFor({ state: "detached" });
	await annas.getByText(t("messages.readBy", { names: "Béa Morvan" })).waitFor(); /* live */
	await beas.locator("#message-body").fill("Je l'ai, désolée !");
	await button(beas, "messages.send").click();
	await annas.getByText("désolée").waitFor();
	check((await beas.locator("#message-body").inputValue()) === "", "the next one begins empty");
	await looked(beas, "thread");
	await open(annas, "/messages", t("messages.title"));
	await annas.getByRole("status").getByText(tn("messages.unread", 1)).waitFor(); /* who began it is answered */
	check((await annas.locator('nav a[href="#/read"] .badge').textContent()) === "1", "and it is counted");
	await looked(annas, "messages");
}

async function exchanges(annas, beas) {
	await open(annas, `/patients/${first}/messages`, t("exchange.title"));
	await annas.getByRole("link", { name: t("exchange.newTransmission") }).click();
	await annas.locator("#transmission-data").fill("Refuse son pansement ce matin");
	await annas.locator(".choice").filter({ hasText: /Urgente|Urgent/ }).click();
	await button(annas, "base.save").click();
	await annas.getByText("Refuse son pansement ce matin").waitFor();
	await open(annas, `/patients/${first}/messages`, t("exchange.title"));
	await open(beas, `/patients/${first}/messages`, t("exchange.title"));
	const note = (page) => page.locator("li.note").filter({ hasText: "Refuse son pansement" });
	await button(note(beas), "read.read").click();
	await note(annas).getByText(/^(Lu par|Read by) Béa Morvan/).waitFor(); /* live */
	await note(beas).getByRole("link", { name: t("read.reply") }).click();
	await beas.locator("#reply-body").fill("J'y passe à midi");
	await button(beas, "base.save").click();
	await note(annas).getByText("J'y passe à midi").waitFor();
	await looked(annas, "exchanges");
}

/* A facilitator reads what names no patient: meetings with their notes, rules; no minutes, no week, nothing of the files. */
async function facilitator() {
	const fanny = world.device("fanny");
	const invitation = anna.cli("invite", "--no-qr", "--role", "facilitator").trim();
	fanny.cli("init", "--cheap-key");
	fanny.cli("join", "Fanny Roux", `127.0.0.1:${anna.port}`, "--invitation", invitation);
	await meet(anna, fanny);
	const page = await window(fanny);
	await open(page, "/more", t("base.nav.more"));
	await page.getByText(t("rules.title")).waitFor();
	check((await page.getByText(t("week.title")).count()) === 0 && (await page.getByText(t("hours.title")).count()) === 0, "neither the week nor the hours");
	await open(page, "/meetings", t("meetings.title"));
	await page.getByRole("link", { name: /Plaies chroniques.*2 h 00/ }).click();
	await page.getByText("hydrocolloïde").waitFor();
	await page.getByText("Une photo par semaine").waitFor();
	check((await page.getByText(t("meetings.minutes")).count()) === 0 && (await button(page, "meetings.write").count()) === 0, "reads, and nothing of patients");
	await looked(page, "facilitator-meeting");
	await open(page, "/rules", t("rules.title"));
	await page.getByText("dans le coffre").waitFor();
	check((await button(page, "rules.sign").count()) === 0, "signs nothing");
	check(page.complaints.length === 0, page.complaints.join("; "));
}

try {
	await writeApart();
	const annas = await window(anna);
	const beas = await window(bea, { dark: true });
	await settled(annas, beas);
	await meetings(annas, beas);
	await rules(annas, beas);
	await lists(annas);
	await messages(annas, beas);
	await exchanges(annas, beas);
	await open(annas, "/more", t("base.nav.more"));
	await looked(annas, "more-all");
	await facilitator();
	check(annas.complaints.length === 0 && beas.complaints.length === 0, [...annas.complaints, ...beas.complaints].join("; "));
	console.log(`${checked()} checks`);
} catch (problem) {
	await failed();
	throw problem;
} finally {
	await world.close();
}
