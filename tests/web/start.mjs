/* First start, joining by text, locking; a page without the token, a program that is not there, a wrong passphrase; what the browser enforces.
 * Usage: start.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { readFileSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { check, checked, inspect, PASSPHRASE, shot, until, World } from "./world.mjs";
import { wordsOf } from "./words.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const { t } = wordsOf(lang);
const at = `${lang}-${width}`;
const world = new World();
const look = { width, lang: lang === "fr" ? "fr-FR" : "en-GB" };

/** A request as no page of ours would send it: the status. */
function status(device, path, headers, method = "GET") {
	return new Promise((done, fail) => {
		const one = request({ host: "127.0.0.1", port: device.web, path, method, headers }, (reply) => {
			reply.resume();
			done([reply.statusCode, reply.headers]);
		});
		one.on("error", fail);
		one.end();
	});
}

async function strangers(anna) {
	const own = `127.0.0.1:${anna.web}`;
	const bearer = { Authorization: `Bearer ${anna.token}` };
	for (const path of ["/", "/api/patients"]) {
		check((await status(anna, path, { Host: "evil.example", ...bearer }))[0] === 421, `${path}: a name that was made to point here`);
		check((await status(anna, path, { Host: own, Origin: "http://evil.example", ...bearer }))[0] === 403, `${path}: another page`);
	}
	check((await status(anna, "/api/patients", { Host: own }))[0] === 401, "no token");
	check((await status(anna, "/api/patients", { Host: own, Cookie: `releve.token=${anna.token}` }))[0] === 401, "a token where any page's request carries it");
	const [code, headers] = await status(anna, "/", { Host: own });
	check(code === 200 && headers["cache-control"] === "no-cache", "the page needs no token, and is asked for each time");
	const policy = headers["content-security-policy"];
	check(policy.includes("default-src 'none'") && policy.includes("frame-ancestors 'none'") && !policy.includes("unsafe"), policy);
	check(headers["referrer-policy"] === "no-referrer" && headers["x-frame-options"] === "DENY" && headers["x-content-type-options"] === "nosniff", "headers");
	check(!Object.keys(headers).some((name) => name.startsWith("access-control")), "nothing is opened to other origins");
}

async function withoutToken(anna) {
	const page = await world.window(look);
	await page.goto(`http://127.0.0.1:${anna.web}/`);
	await page.getByRole("heading", { name: t("start.stranger.title") }).waitFor();
	await inspect(page, "no token");
	await shot(page, `stranger-${at}`);
	await page.context().close();
}

/** The page's own rules hold in the browser: nothing inline, nothing from elsewhere; the address holds no token. */
async function rules(page, anna) {
	check(!page.url().includes(anna.token), "the token is out of the address bar");
	const kept = await page.evaluate(() => ({ cookies: document.cookie, local: Object.keys(localStorage), workers: "serviceWorker" in navigator ? navigator.serviceWorker.controller : null }));
	check(kept.cookies === "" && kept.workers === null && kept.local.every((key) => key === "releve.lang"), JSON.stringify(kept));
	const ran = await page.evaluate(() => {
		const script = document.createElement("script");
		script.textContent = "window.injected = 1";
		document.head.append(script);
		return window.injected === 1;
	});
	check(!ran, "an inline script does not run");
	check(await page.evaluate(() => fetch("http://127.0.0.1:9/").then(() => false, () => true)), "nothing else is reached");
	check(await page.evaluate(() => document.querySelector("script[src]").integrity.startsWith("sha384-")), "the script is the one that the page was made with");
	page.complaints.length = 0; /* of these two */
}

async function found(page) {
	await page.getByRole("heading", { name: t("start.first.title") }).waitFor();
	await inspect(page, "first start");
	await shot(page, `first-${at}`);
	await page.getByRole("button", { name: t("start.first.foundDo") }).click();
	await page.getByText(t("start.first.nameNeeded")).waitFor();
	const form = page.locator("form").filter({ hasText: t("start.first.found") });
	await form.getByLabel(t("start.first.name")).fill("Anna Le Gall");
	await page.getByRole("button", { name: t("start.first.foundDo") }).click();
	await page.getByRole("heading", { name: t("round.title") }).waitFor();
	await page.getByText(t("base.alone")).waitFor();
}

async function joins(anna, bea) {
	const invitation = anna.cli("invite", "--no-qr").trim();
	const page = await world.window(look);
	await page.goto(bea.url);
	const form = page.locator("form").filter({ hasText: t("start.first.joinWhat") });
	await form.getByLabel(t("start.first.words")).fill(invitation);
	await form.getByLabel(t("start.first.address")).fill("chez Anna");
	await form.getByLabel(t("start.first.name")).fill("Béa Morvan");
	await form.getByRole("button").click();
	await page.getByText(t("start.first.addressWrong")).waitFor();
	check((await form.getByLabel(t("start.first.words")).inputValue()) === invitation, "nothing that was typed is lost");
	await form.getByLabel(t("start.first.address")).fill(`127.0.0.1:${anna.port}`);
	await form.getByRole("button").click();
	await page.getByRole("heading", { name: t("round.title") }).waitFor();
	check(page.complaints.length === 0, page.complaints.join("; "));
	return page;
}

async function locks(page) {
	await page.goto(`${page.url().split("#")[0]}#/more`);
	await page.getByRole("button", { name: t("more.lock") }).click();
	await page.getByRole("heading", { name: t("start.unlock.title") }).waitFor();
	const field = page.getByLabel(t("start.unlock.passphrase"));
	await field.fill("pas la bonne");
	await page.keyboard.press("Enter");
	await page.getByText(t("start.unlock.wrong")).waitFor();
	await inspect(page, "locked");
	await shot(page, `locked-${at}`);
	await field.fill(PASSPHRASE);
	await page.keyboard.press("Enter");
	await page.getByRole("heading", { name: t("base.nav.more") }).waitFor();
}

async function goes(page, anna) {
	await page.goto(`${page.url().split("#")[0]}#/patients/new`);
	await page.getByLabel(/^(Nom utilisé|Last name|Name)/).first().fill("Kermarrec");
	await page.getByText(t("base.draft.kept", { time: "" }).trim()).waitFor();
	await anna.stop("SIGKILL");
	await page.getByRole("heading", { name: t("start.gone.title") }).waitFor();
	await inspect(page, "the program is gone");
	await shot(page, `gone-${at}`);
	await anna.start();
	await page.goto(anna.url);
	await page.reload();
	await page.getByRole("heading", { name: t("round.title") }).waitFor();
	await page.goto(`${page.url().split("#")[0]}#/patients/new`);
	await until(async () => (await page.getByLabel(/^(Nom utilisé|Last name|Name)/).first().inputValue()) === "Kermarrec", "what was typed is there after kill -9");
	page.complaints.length = 0;
}

/** A program that was started where there is no device: the page makes it, and goes on to the team. */
async function makes(carl) {
	const page = await world.window(look);
	await page.goto(carl.url);
	await page.getByRole("heading", { name: t("start.device.title") }).waitFor();
	await page.locator("#device-first").fill("quatre mots sans lien");
	await page.locator("#device-second").fill("quatre mots sans liens");
	await page.getByRole("button", { name: t("start.device.make") }).click();
	await page.getByText(t("start.device.differ")).waitFor();
	await inspect(page, "no device");
	await shot(page, `device-${at}`);
	await page.locator("#device-second").fill("quatre mots sans lien");
	await page.getByRole("button", { name: t("start.device.make") }).click();
	await page.getByRole("heading", { name: t("start.first.title") }).waitFor();
	check(page.complaints.length === 0, page.complaints.join("; "));
	await page.context().close();
}

try {
	await makes(await world.device("carl").start("--locked"));
	const anna = world.device("anna");
	const bea = world.device("bea");
	for (const device of [anna, bea]) {
		device.cli("init", "--cheap-key");
		await device.start();
	}
	await strangers(anna);
	await withoutToken(anna);
	const page = await world.window(look);
	await page.goto(anna.url);
	await found(page);
	await rules(page, anna);
	const beas = await joins(anna, bea);
	await page.getByText(t("base.near.one", { n: 1 })).waitFor(); /* live, without a reload */
	await locks(beas);
	await goes(page, anna);
	check(readFileSync(join(world.root, "anna.log"), "utf8").includes("Kermarrec") === false, "nothing of a patient is in the log");
	console.log(`${checked()} checks`);
} finally {
	await world.close();
}
