/* Members and devices, a lost phone (journey 9), settings, the access log, what was kept apart, a file instead of a network; who is out sees it.
 * Usage: memb.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { screensOf } from "./screens.mjs";
import { makeTeam, meet } from "./team.mjs";
import { check, checked, inspect, PASSPHRASE, shot, until } from "./world.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const { world, anna, bea, patients } = await makeTeam();
const { t, tn, at, window, open, button, looked, failed } = screensOf(world, width, lang);

const member = async (device, name) => (await device.want(200, "GET", "/api/members")).members.find((one) => [one.name.firstName, one.name.lastName].filter(Boolean).join(" ") === name);

/* A locum is invited; what was not said is refused beside its field; all of the text is pasted on the new device, and the arrival is seen. */
async function invites(page, carl) {
	await open(page, "/members", t("members.title"));
	await page.getByText(tn("members.count", 2)).waitFor();
	await page.getByText("Béa Morvan").first().waitFor();
	await looked(page, "members");
	await page.getByRole("link", { name: t("members.invite") }).click();
	await page.getByLabel(t("members.roles.locum"), { exact: true }).check();
	await button(page, "invite.make").click();
	await page.locator("#until-said .problem").waitFor();
	await looked(page, "invite");
	await page.locator("#until").fill("2099-12-31");
	await button(page, "invite.make").click();
	const text = await page.locator("pre.to-copy").textContent();
	check(text.includes(`127.0.0.1:${anna.port}`), `where to find this device: ${text}`);
	await page.getByText(t("invite.qr")).click();
	await page.locator("svg.qr").waitFor();
	const dark = (await page.locator("svg.qr path").getAttribute("d")).split("z").length;
	check(dark > 300, `a code with ${dark} dark modules`);
	await looked(page, "invited");
	const new_one = await window(carl);
	const form = new_one.locator("form").filter({ hasText: t("start.first.joinWhat") });
	await form.getByLabel(t("start.first.words")).fill(text);
	check((await form.getByLabel(t("start.first.address")).inputValue()) === `127.0.0.1:${anna.port}`, "the address is filled in from what was pasted");
	await form.getByLabel(t("start.first.name")).fill("Carl Roux");
	await form.getByRole("button").click();
	await new_one.getByRole("heading", { name: t("round.title") }).waitFor();
	await page.getByText(t("invite.came", { name: "Carl Roux" })).waitFor();
	await looked(page, "arrived");
	await new_one.context().close();
	await open(page, "/members", t("members.title"));
	await page.getByText(t("members.until", { day: "31/12/2099" })).waitFor();
}

/* Journey 9, in two taps: what it means is said first; who knows already is counted; the new phone comes back as the same person. */
async function loses(page, phone) {
	await open(page, "/more", t("base.nav.more"));
	await page.getByRole("link", { name: t("lost.title") }).click();
	await page.locator("ul.devices a").filter({ hasText: "Béa Morvan" }).click();
	await page.getByText(t("lost.last", { name: "Béa Morvan" })).waitFor();
	await page.getByText(t("lost.noneKnown")).waitFor();
	await looked(page, "lost");
	await button(page, "lost.remove").click();
	await page.getByLabel(t("lost.reason.stolen"), { exact: true }).check();
	check((await member(anna, "Béa Morvan")).state === "active", "nothing is done before it is confirmed");
	await button(page, "lost.removeDo").click();
	await page.getByText(t("lost.isSuspended")).waitFor();
	check((await member(anna, "Béa Morvan")).state === "suspended", "her only device is suspended");
	await page.getByText(t("lost.knows"), { exact: true }).waitFor(); /* once Carl's device said so */
	await page.getByText(t("base.of", { done: "1", of: "1" })).waitFor();
	await looked(page, "lost-after");
	/* a new phone of hers */
	await page.getByRole("link", { name: t("lost.newPhone") }).click();
	await page.getByText(t("invite.again", { name: "Béa Morvan" })).waitFor();
	await button(page, "invite.make").click();
	const text = await page.locator("pre.to-copy").textContent();
	const fresh = await window(phone);
	const form = fresh.locator("form").filter({ hasText: t("start.first.joinWhat") });
	await form.getByLabel(t("start.first.words")).fill(text);
	await fresh.getByText(t("start.first.again")).waitFor();
	await form.getByLabel(t("start.first.name")).fill("Béa Morvan");
	await shot(fresh, `join-again-${at}`);
	await form.getByRole("button", { name: t("start.first.joinDo") }).click();
	await fresh.getByText(t("standing.pending.title")).waitFor();
	await inspect(fresh, `pending ${at}`);
	check((await member(anna, "Béa Morvan")).person === (await phone.want(200, "GET", "/api/status")).person, "as the same person");
	return fresh;
}

/* The lost one is on: it says that it is refused; what it wrote meanwhile comes by a file, is kept apart, and a nurse vouches for it. */
async function out(page, beas) {
	await beas.getByText(t("standing.refused.title")).waitFor();
	await inspect(beas, `refused ${at}`);
	await shot(beas, `refused-${at}`);
	await bea.saves(`/api/patients/${patients[0]}/transmission`, { data: "Notée après la perte" });
	const stick = join(world.root, "stick");
	mkdirSync(stick);
	await open(beas, "/stick", t("stick.title"));
	await beas.locator("#stick-to").fill("stick");
	await button(beas, "stick.writeDo").click();
	await beas.locator(".notice.bad").first().waitFor(); /* not a whole path */
	await beas.locator("#stick-to").fill(stick);
	await button(beas, "stick.writeDo").click();
	await beas.locator(".notice.good").waitFor();
	check(readdirSync(stick).length === 1, "a file is on the stick");
	check(!readFileSync(join(stick, readdirSync(stick)[0])).includes("Notée"), "its carrier reads nothing");
	await looked(beas, "stick");
	await open(page, "/stick", t("stick.title"));
	await page.locator("#stick-from").fill(stick);
	await button(page, "stick.readDo").click();
	await page.getByRole("link", { name: tn("quarantine.count", 1) }).click();
	await page.getByRole("heading", { level: 1, name: t("quarantine.title") }).waitFor();
	await looked(page, "quarantine");
	await page.locator("ul input[type=checkbox]").first().check();
	await page.getByLabel(t("quarantine.comment")).fill("Béa me l'a dit au téléphone");
	await page.getByRole("button", { name: tn("quarantine.vouch", 1) }).click();
	await page.getByText(t("quarantine.nothing")).waitFor();
	const notes = (await anna.want(200, "GET", `/api/patients/${patients[0]}/transmission`)).records;
	check(notes.some((one) => one.data === "Notée après la perte"), "it counts");
}

/* She is found: the suspension is lifted, and she signs for her own new phone, by the number that both show. */
async function back(page, beas, phone) {
	await open(page, "/members", t("members.title"));
	await looked(page, "asked");
	await page.locator("ul.asks").getByRole("button", { name: t("members.ask.reinstate") }).click();
	await page.locator("ul.asks form").getByRole("button", { name: t("members.ask.reinstate") }).click();
	await page.locator("ul.asks").waitFor({ state: "detached" });
	await beas.getByText(t("standing.refused.title")).waitFor({ state: "detached" });
	await phone.start("--peer", `127.0.0.1:${anna.port}`);
	const fresh = await window(phone);
	await open(fresh, "/settings", t("settings.title"));
	const number = await fresh.locator("dd.number").textContent();
	await open(beas, "/members", t("members.title"));
	const asked = beas.locator("ul.asks > li").filter({ hasText: t("members.ask.endorse") });
	await asked.getByRole("button", { name: t("members.ask.endorse") }).click();
	check((await asked.locator(".number").textContent()) === number, "both screens show one number");
	await looked(beas, "endorse");
	await asked.locator("form").getByRole("button", { name: t("members.ask.endorse") }).click();
	await asked.waitFor({ state: "detached" });
	await fresh.getByText(t("standing.pending.title")).waitFor({ state: "detached" }); /* live, there too */
	await open(fresh, "/patients");
	await fresh.getByText("Le Goff").first().waitFor();
	await fresh.context().close();
	await phone.stop();
}

/* Locked, and three wrong passphrases: the next one has to wait, and the seconds are shown. */
async function locked(page) {
	await open(page, "/more", t("base.nav.more"));
	await page.getByRole("button", { name: t("more.lock") }).click();
	await page.getByRole("heading", { name: t("start.unlock.title") }).waitFor();
	const field = page.getByLabel(t("start.unlock.passphrase"));
	for (let i = 0; i < 3; i++) {
		await field.fill(`pas la bonne ${i}`);
		await page.keyboard.press("Enter");
		await page.getByText(t("start.unlock.wrong")).waitFor();
	}
	await field.fill("encore une");
	await page.keyboard.press("Enter");
	await page.getByText(new RegExp(t("start.unlock.wait", { n: "\\d+" }))).waitFor();
	await shot(page, `wait-${at}`);
	await until(async () => {
		if (await page.getByRole("heading", { name: t("base.nav.more") }).isVisible()) return true;
		await field.fill("lampe corail tambour huit").catch(() => undefined);
		await page.keyboard.press("Enter");
		return false;
	}, "the right one opens it once the time is over");
}

/** The screen as it is while `changed` is what the program says: for what cannot be brought about in a moment. */
async function as(page, path, changed, steps) {
	await page.route(path, async (route) => {
		const reply = await route.fetch();
		await route.fulfill({ response: reply, json: changed(await reply.json()) });
	});
	await page.reload();
	await steps();
	await page.unroute(path);
	await page.reload();
}

/* A copy that is coming, in records and bytes; a disk that is full; a colleague whose device is. */
async function rare(page) {
	await open(page, "/sync", t("sync.title"));
	const coming = { early: { dossiers: 312, dossiersExpected: 840, bytes: 4100000, bytesExpected: 11000000 }, records: { records: 12400, recordsExpected: 41000, bytes: 5200000, bytesExpected: 17000000 }, remainingSeconds: 125 };
	const partial = (status) => ({ ...status, copy: { ...status.copy, partial: true, records: 12400, of: 41000, since: status.now, coming }, peers: status.peers.map((peer) => ({ ...peer, full: { why: "disk", limit: 0 }, clockSkewMs: 420000 })) });
	await as(page, "**/api/status*", partial, async () => {
		await page.getByText(t("sync.coming", { done: (12400).toLocaleString(lang), of: (41000).toLocaleString(lang), bytes: t("copy.mb", { n: (5.2).toLocaleString(lang) }), all: t("copy.mb", { n: 17 }) })).waitFor();
		await page.getByText(t("sync.clockAhead", { n: 7 })).first().waitFor();
		await looked(page, "joining");
	});
	const full = (status) => ({ ...status, database: { ...status.database, room: "refuse", diskFull: true } });
	await as(page, "**/api/status*", full, async () => {
		await page.getByText(t("base.full.title")).waitFor();
		await looked(page, "full");
	});
}

/* A file of another program: a measure that is rounded is told of, and nothing is saved before it is agreed to. */
async function takes(page) {
	const bundle = { resourceType: "Bundle", type: "collection", entry: [
		{ resource: { resourceType: "Patient", id: "p1", name: [{ family: "Quéméner", given: ["Rose"] }], gender: "female", birthDate: "1941-02-03" } },
		{ resource: { resourceType: "Observation", id: "o1", status: "final", subject: { reference: "Patient/p1" }, effectiveDateTime: "2026-11-20T08:30:00+01:00", code: { coding: [{ system: "http://loinc.org", code: "29463-7" }] }, valueQuantity: { value: 61.2345, unit: "kg", system: "http://unitsofmeasure.org", code: "kg" } } },
	] };
	await open(page, "/taking", t("taking.title"));
	await page.locator("#fhir").setInputFiles({ name: "dossier.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(bundle)) });
	await page.getByRole("heading", { name: "Quéméner Rose" }).waitFor();
	await page.getByText(tn("taking.rounded", 1)).click();
	await page.getByText("61.2345").first().waitFor();
	check((await anna.want(200, "GET", "/api/patients?search=quemener")).patients.length === 0, "nothing is saved yet");
	await looked(page, "taking");
	await button(page, "taking.take").click();
	await page.getByText(t("taking.done")).waitFor();
	check((await anna.want(200, "GET", "/api/patients?search=quemener")).patients.length === 1, "now she is here");
	await page.locator("#fhir").setInputFiles({ name: "autre.json", mimeType: "application/json", buffer: Buffer.from("{}") });
	await page.locator(".notice.bad").waitFor();
}

/* Erased: where else the name stands, also spelt otherwise, is shown before; the name is repeated; who has done it is shown after. */
async function erases(page) {
	const minutes = (notes) => anna.saves("/api/records/minutes", { title: "Réunion", heldOn: "2026-11-20", notes });
	await minutes("Vu M. Prigent hier.");
	await minutes("Revoir Mme Prigentt.");
	const whole = (await anna.want(200, "GET", `/api/patients/${patients[3]}/erasure`));
	check(whole.namedIn.length === 1 && whole.perhapsIn.length === 1, JSON.stringify(whole));
	await open(page, `/patients/${patients[3]}`, "Prigent Louis");
	await page.getByRole("link", { name: t("erase.title") }).click();
	await page.getByText(t("erase.perhaps")).waitFor();
	await page.getByText(t("erase.as", { name: whole.perhapsIn[0].as })).waitFor();
	await page.getByLabel(t("erase.reason.request"), { exact: true }).check();
	await page.locator("#name").fill("Prigent");
	await button(page, "erase.do").click();
	await page.getByText(t("erase.nameWrong", { name: "Prigent Louis" })).waitFor();
	await looked(page, "erase");
	await page.locator("#name").fill("Prigent Louis");
	await button(page, "erase.do").click();
	await page.getByRole("heading", { level: 1, name: t("erase.list") }).waitFor();
	await page.getByText(t("erase.state.confirmed"), { exact: true }).first().waitFor();
	await looked(page, "erased");
	await anna.want(404, "GET", `/api/patients/${patients[3]}`);
}

async function settles(page) {
	await open(page, "/settings", t("settings.title"));
	await page.getByText(t("settings.backup.never")).waitFor();
	await looked(page, "settings");
	await page.getByLabel(tn("settings.minutes", 15), { exact: true }).check();
	await until(async () => (await anna.want(200, "GET", "/api/settings")).lockAfterMinutes === 15, "it locks after 15 minutes");
	const file = join(world.root, "sauvegarde");
	await page.locator("#backup-file").fill("sauvegarde");
	await button(page, "settings.backup.make").click();
	await page.locator("#backup .notice.bad").waitFor();
	await page.locator("#backup-file").fill(file);
	await button(page, "settings.backup.make").click();
	await page.locator("#backup .notice.good").first().waitFor();
	await page.getByText(t("settings.backup.never")).waitFor({ state: "detached" });
	check(existsSync(file) && statSync(file).size > 1000, "the file is there");
	check(anna.cli("backup", "check", file).includes("whole"), "and is whole");
	/* another passphrase; a wrong one first */
	await page.getByText(t("settings.passphrase.title")).click();
	await page.locator("#passphrase-old").fill("pas la bonne");
	await page.locator("#passphrase-new").fill("lampe corail tambour huit");
	await page.locator("#passphrase-again").fill("lampe corail tambour neuf");
	await button(page, "settings.passphrase.change").click();
	await page.getByText(t("start.device.differ")).waitFor();
	await page.locator("#passphrase-again").fill("lampe corail tambour huit");
	await button(page, "settings.passphrase.change").click();
	await page.getByText(t("start.unlock.wrong")).waitFor();
	await page.locator("#passphrase-old").fill(PASSPHRASE);
	await button(page, "settings.passphrase.change").click();
	await page.getByText(t("settings.passphrase.changed")).waitFor();
	await page.getByText(t("settings.address"), { exact: true }).click();
	await page.getByText(t("settings.relay.title"), { exact: true }).click();
	await looked(page, "settings-open");
	/* large text and dark, on the screens of this file; and back */
	await page.getByLabel(t("settings.sizes.150"), { exact: true }).check();
	await page.getByLabel(t("settings.schemes.dark"), { exact: true }).check();
	check((await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)) === "24px", "half as large again");
	for (const [name, path] of [["members", "/members"], ["invite", "/invite"], ["lost", "/lost"], ["sync", "/sync"], ["access", "/access"], ["stick", "/stick"], ["settings", "/settings"]]) {
		await open(page, path);
		await page.locator("main h1").waitFor();
		await until(async () => (await page.locator("main .progress").count()) === 0, "all of it is read");
		await looked(page, `large-${name}`);
	}
	await page.reload();
	await open(page, "/settings", t("settings.title"));
	check(await page.getByLabel(t("settings.schemes.dark"), { exact: true }).isChecked(), "kept over a reload");
	await page.getByLabel(t("settings.sizes.100"), { exact: true }).check();
	await page.getByLabel(t("settings.schemes.auto"), { exact: true }).check();
}

async function accesses(page) {
	await open(page, `/patients/${patients[2]}`, "Caradec Marie-Thérèse");
	await open(page, "/access", t("access.title"));
	await page.getByRole("link", { name: "Caradec Marie-Thérèse" }).first().waitFor();
	await looked(page, "access");
	await page.locator("#access-patient").fill("cara");
	await page.getByRole("button", { name: "Caradec Marie-Thérèse" }).click();
	await page.getByRole("heading", { level: 1, name: t("access.titleOf") }).waitFor();
	await page.getByText(t("access.kind.record")).first().waitFor();
	check((await page.getByText(t("access.kind.backup")).count()) === 0, "of this patient alone");
	await looked(page, "access-of");
	const [month] = await page.locator("#access-month option:nth-child(3)").evaluateAll((all) => all.map((one) => one.value));
	await page.locator("#access-month").selectOption(month);
	await page.getByText(t("access.none")).waitFor();
	await open(page, "/access", t("access.title"));
	await button(page, "access.export").click();
	const download = page.waitForEvent("download");
	await button(page, "access.export").click();
	const path = join(world.root, "acces.csv");
	await (await download).saveAs(path);
	check(anna.cli("access", "verify", path).includes("unaltered"), "the file verifies");
	check(!readFileSync(path, "utf8").includes("Caradec"), "without names unless asked for");
}

async function roles(page, device) {
	const carl = await member(anna, "Carl Roux");
	const carls = await window(device);
	await open(page, `/members/${carl.person}`, "Carl Roux");
	await looked(page, "member");
	await button(page, "members.changeRole").click();
	await page.getByLabel(t("members.roles.reader"), { exact: true }).check();
	await button(page, "members.changeRoleDo").click();
	await page.getByText(t("members.inForce")).waitFor();
	check((await member(anna, "Carl Roux")).role === "reader", "she reads from now on");
	/* while her page was open: said there, and what she may not do any more is refused with a sentence */
	await carls.getByText(t("standing.role", { role: t("sync.role.reader") })).waitFor();
	await looked(carls, "role-changed");
	await carls.context().close();
	await button(page, "members.remove").click();
	await page.getByText(t("members.removeReadable")).waitFor();
	await looked(page, "remove");
	await button(page, "base.cancel").click();
	check((await member(anna, "Carl Roux")).state === "active", "nothing was done");
}

async function synchronization(page) {
	await open(page, "/sync", t("sync.title"));
	await page.getByText("Carl Roux").first().waitFor();
	await page.getByText(t("sync.look")).click();
	await page.locator("#address").fill("chez Carl");
	await button(page, "sync.lookDo").click();
	await page.getByText(t("sync.addressWrong")).waitFor();
	await page.locator("details.card > summary").first().click();
	await looked(page, "sync");
}

try {
	await meet(anna, bea);
	const carl = world.device("carl");
	const phone = world.device("phone");
	for (const device of [carl, phone]) {
		device.cli("init", "--cheap-key");
		await device.start();
	}
	const annas = await window(anna);
	const beas = await window(bea, { dark: true });
	await annas.getByText(tn("base.near", 1)).waitFor();
	await invites(annas, carl);
	await annas.getByText(tn("base.near", 2)).waitFor(); /* live: the line on every screen */
	const fresh = await loses(annas, phone);
	await fresh.context().close();
	await phone.stop();
	await out(annas, beas);
	await back(annas, beas, phone);
	await bea.stop();
	await roles(annas, carl);
	await synchronization(annas);
	await settles(annas);
	await accesses(annas);
	await takes(annas);
	await erases(annas);
	await rare(annas);
	await locked(annas);
	/* the line on every screen, when the last one goes */
	await carl.stop();
	await annas.getByText(t("base.apart")).waitFor();
	check(annas.complaints.length === 0, annas.complaints.join("; "));
	console.log(`${checked()} checks`);
} catch (problem) {
	await failed();
	throw problem;
} finally {
	await world.close();
}
