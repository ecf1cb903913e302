/* What keeps other pages, other names and other programs out: headers of everything that is served, and a browser in which somebody else's page tries.
 * Usage: guards.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { createServer, request } from "node:http";
import { check, checked, fromWeb, shot, World } from "./world.mjs";

const { chromium } = fromWeb("playwright-core");
const REBOUND = "releve.rebound.example";
const world = new World();

/** A request as no page of ours would send it: status, headers, text. */
function ask(port, path, headers, method = "GET", body = "") {
	return new Promise((done, fail) => {
		const one = request({ host: "127.0.0.1", port, path, method, headers }, (reply) => {
			let text = "";
			reply.setEncoding("utf8");
			reply.on("data", (part) => { text += part; });
			reply.on("end", () => done({ status: reply.statusCode, headers: reply.headers, text }));
		});
		one.on("error", fail);
		one.end(body);
	});
}

/** Whatever is served, pages, files, answers, refusals, stands under the same headers. */
function hasHeaders(reply, what) {
	const { headers } = reply;
	const policy = new Map((headers["content-security-policy"] ?? "").split(";").map((one) => one.trim().split(/\s+(.*)/s)));
	check(policy.get("default-src") === "'none'" && policy.get("frame-ancestors") === "'none'" && policy.get("base-uri") === "'none'" && policy.get("form-action") === "'none'", `${what}: ${headers["content-security-policy"]}`);
	check(policy.get("script-src") === "'self'" && policy.get("style-src") === "'self'" && policy.get("connect-src") === "'self'", `${what}: nothing inline, nothing from elsewhere`);
	check(!/unsafe-|\*|https?:/.test(headers["content-security-policy"]), `${what}: no exception`);
	for (const [name, value] of [["x-content-type-options", "nosniff"], ["x-frame-options", "DENY"], ["referrer-policy", "no-referrer"], ["cross-origin-opener-policy", "same-origin"], ["cross-origin-resource-policy", "same-origin"]])
		check(headers[name] === value, `${what}: ${name}: ${headers[name]}`);
	check(!Object.keys(headers).some((name) => name.startsWith("access-control") || name === "set-cookie" || name === "server"), `${what}: ${Object.keys(headers)}`);
}

async function everything(anna, own, bearer) {
	const page = await ask(anna.web, "/", own);
	const files = [...page.text.matchAll(/(?:src|href)="(\/[^"#]*)"/g)].map((one) => one[1]);
	check(files.some((one) => one.endsWith(".js")) && files.some((one) => one.endsWith(".css")), `the page names its files: ${files}`);
	for (const path of ["/", ...files]) {
		const reply = await ask(anna.web, path, own);
		check(reply.status === 200, `${path}: ${reply.status}`);
		hasHeaders(reply, path);
	}
	const answers = [
		["an answer", 200, "/api/status", { ...own, ...bearer }],
		["no token", 401, "/api/status", own],
		["a wrong token", 401, "/api/status", { ...own, Authorization: `Bearer ${"0".repeat(64)}` }],
		["the token where pages of others could put it", 401, `/api/status?token=${anna.token}`, { ...own, Cookie: `token=${anna.token}; releve.token=${anna.token}` }],
		["nothing there", 404, "/api/nothing", { ...own, ...bearer }],
		["another name", 421, "/", { Host: `${REBOUND}:${anna.web}` }],
		["another name, with the token", 421, "/api/status", { Host: `${REBOUND}:${anna.web}`, ...bearer }],
		["our name at another port", 421, "/api/status", { Host: "127.0.0.1:1", ...bearer }],
		["a name that begins like ours", 421, "/api/status", { Host: `127.0.0.1.${REBOUND}:${anna.web}`, ...bearer }],
		["another page", 403, "/api/status", { ...own, ...bearer, Origin: "http://evil.example" }],
		["a page of nowhere", 403, "/api/status", { ...own, ...bearer, Origin: "null" }],
		["another program on this machine", 403, "/api/status", { ...own, ...bearer, Origin: "http://127.0.0.1:1" }],
		["our own page over another protocol", 403, "/api/status", { ...own, ...bearer, Origin: `https://127.0.0.1:${anna.web}` }],
	];
	for (const [what, status, path, headers] of answers) {
		const reply = await ask(anna.web, path, headers);
		check(reply.status === status, `${what}: ${reply.status}, expected ${status}`);
		hasHeaders(reply, what);
		if (status !== 200) check(!reply.text.includes("Le Gall") && !reply.text.includes(anna.token), `${what}: it tells nothing`);
	}
	check((await ask(anna.web, "/api/lock", { ...own, Origin: "http://evil.example", "Content-Type": "text/plain" }, "POST", "{}")).status === 403, "a form of another page");
	check((await ask(anna.web, "/api/lock", { ...own, "Content-Type": "text/plain" }, "POST", "{}")).status === 401, "and one that hides where it comes from");
	check(!(await anna.want(200, "GET", "/api/status")).locked, "nothing was done");
}

/** Somebody else's page on the same machine. */
async function evilServer() {
	const server = createServer((_request, reply) => {
		reply.setHeader("Content-Type", "text/html");
		reply.end("<!doctype html><title>evil</title><body>evil");
	});
	await new Promise((done) => server.listen(0, "127.0.0.1", done));
	return server;
}

/* In a browser that takes a stranger's name for this machine, as after a rebound DNS entry. */
async function rebound(browser, anna) {
	const page = await browser.newPage();
	const reply = await page.goto(`http://${REBOUND}:${anna.web}/#${anna.token}`);
	check(reply.status() === 421, `a name that points here: ${reply.status()}`);
	const got = await page.evaluate(async ([token]) => {
		const answer = await fetch("/api/members", { headers: { Authorization: `Bearer ${token}` } });
		return [answer.status, await answer.text()];
	}, [anna.token]);
	check(got[0] === 421 && !got[1].includes("Le Gall"), `not even with the token: ${got}`);
	await page.close();
}

/** Another origin in the same browser: reads nothing, changes nothing, shows nothing of ours in its own page. */
async function another(browser, anna, evil) {
	const context = await browser.newContext();
	const ours = await context.newPage();
	await ours.goto(anna.url);
	await ours.getByRole("heading", { level: 1 }).waitFor();
	const page = await context.newPage();
	await page.goto(evil);
	const tried = await page.evaluate(async ([base, token]) => {
		const ended = (promise) => promise.then((reply) => [reply.type, reply.status], (error) => ["refused", String(error)]);
		const loaded = (element) => new Promise((done) => {
			element.onload = () => done("loaded");
			element.onerror = () => done("refused");
			document.body.append(element);
		});
		const made = (name, fields) => Object.assign(document.createElement(name), fields);
		const script = [...new DOMParser().parseFromString(await fetch(`${base}/`).then((reply) => reply.text(), () => ""), "text/html").scripts].length;
		return {
			withToken: await ended(fetch(`${base}/api/members`, { headers: { Authorization: `Bearer ${token}` } })),
			plain: await ended(fetch(`${base}/api/members`)),
			blind: await ended(fetch(`${base}/api/members`, { mode: "no-cors" })),
			lock: await ended(fetch(`${base}/api/lock`, { method: "POST", mode: "no-cors", body: "{}", headers: { "Content-Type": "text/plain" } })),
			cookies: await ended(fetch(`${base}/api/members`, { credentials: "include" })),
			script,
			asScript: await loaded(made("script", { src: `${base}/api/status` })),
			asPicture: await loaded(made("img", { src: `${base}/api/status` })),
		};
	}, [`http://127.0.0.1:${anna.web}`, anna.token]);
	for (const what of ["withToken", "plain", "blind", "lock", "cookies"]) check(tried[what][0] === "refused", `${what}: ${JSON.stringify(tried[what])}`);
	check(tried.script === 0 && tried.asScript === "refused" && tried.asPicture === "refused", JSON.stringify(tried));
	/* in a frame of it nothing is shown */
	await page.evaluate((src) => { document.body.append(Object.assign(document.createElement("iframe"), { src })); }, `http://127.0.0.1:${anna.web}/`);
	await page.waitForLoadState("networkidle");
	const frame = page.frames().find((one) => one !== page.mainFrame());
	check(!frame || !(await frame.content().catch(() => "")).includes("id=\"app\""), "not in a frame");
	/* a window of ours that it opens is out of its reach */
	const [popup] = await Promise.all([context.waitForEvent("page"), page.evaluate((address) => { globalThis.opened = open(address); }, `http://127.0.0.1:${anna.web}/`)]);
	await popup.waitForLoadState();
	check(await popup.evaluate(() => opener === null), "it has no opener");
	check(await page.evaluate(() => { try { return globalThis.opened.closed || globalThis.opened.length === 0 && !globalThis.opened.document; } catch { return true; } }), "and cannot be read");
	check(!(await anna.want(200, "GET", "/api/status")).locked, "nothing was done");
	/* what our own page would not load */
	const kept = await ours.evaluate(async (address) => ({
		elsewhere: await fetch(address).then(() => "loaded", () => "refused"),
		inline: (() => { const one = document.createElement("script"); one.textContent = "globalThis.ran = 1"; document.head.append(one); return globalThis.ran === undefined; })(),
		/* by itself, later: what the debugger itself evaluates is let through */
		evaluated: await new Promise((done) => setTimeout(() => { try { done(new Function("return 1")()); } catch { done("refused"); } })),
	}), evil);
	check(kept.elsewhere === "refused" && kept.inline && kept.evaluated === "refused", JSON.stringify(kept));
	/* the browser refuses the form where it says so in its console, and goes nowhere */
	const refused = ours.waitForEvent("console", (message) => message.text().includes("form-action"));
	await ours.evaluate((address) => {
		const form = Object.assign(document.createElement("form"), { action: address, method: "post" });
		document.body.append(form);
		form.requestSubmit();
	}, evil);
	await refused;
	check(ours.url().startsWith(`http://127.0.0.1:${anna.web}`), "a form does not lead out of it");
	await context.close();
}

/* Another tab without the token, and one with the token of before. */
async function strangers(browser, anna) {
	for (const [what, address] of [["without", `http://127.0.0.1:${anna.web}/`], ["with another", `http://127.0.0.1:${anna.web}/#${"0".repeat(64)}`], ["by the other name", `http://localhost:${anna.web}/`]]) {
		const page = await browser.newPage();
		const answers = [];
		page.on("response", (reply) => { if (reply.url().includes("/api/")) answers.push(reply.status()); });
		await page.goto(address);
		await page.locator("main.whole pre").waitFor();
		check(answers.every((status) => status === 401), `${what}: ${answers}`);
		await page.close();
	}
}

try {
	const anna = world.device("anna");
	anna.cli("init", "--cheap-key");
	anna.cli("team", "create", "Anna Le Gall");
	await anna.start();
	const own = { Host: `127.0.0.1:${anna.web}` };
	await everything(anna, own, { Authorization: `Bearer ${anna.token}` });
	world.browser = await chromium.launch({
		executablePath: process.env.RELEVE_CHROMIUM ?? "/usr/bin/chromium",
		args: [...(process.getuid() === 0 ? ["--no-sandbox"] : []), `--host-resolver-rules=MAP ${REBOUND} 127.0.0.1`],
	});
	const evil = await evilServer();
	await rebound(world.browser, anna);
	await another(world.browser, anna, `http://127.0.0.1:${evil.address().port}/`);
	await strangers(world.browser, anna);
	evil.close();
	evil.closeAllConnections();
	console.log(`${checked()} checks`);
} catch (problem) {
	for (const [i, context] of (world.browser?.contexts() ?? []).entries()) for (const page of context.pages()) await shot(page, `guards-failed-${i}`).catch(() => undefined);
	throw problem;
} finally {
	await world.close();
}
