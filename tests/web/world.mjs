/* Devices of a team as real programs, and a browser to look at them: what the programs of this folder share. */
import { spawn, execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
export const fromWeb = createRequire(join(here, "../../node/web/package.json"));
const { chromium } = fromWeb("playwright-core");
const AXE = readFileSync(fromWeb.resolve("axe-core/axe.min.js"), "utf8");

export const [RELEVE, SHOTS] = process.argv.slice(2);
export const PASSPHRASE = "une phrase secrète";
let checks = 0;

export function check(condition, what) {
	checks++;
	if (!condition) throw new Error(`FAILED: ${what}`);
}

export function checked() {
	return checks;
}

export async function until(condition, what) {
	for (let i = 0; i < 400; i++) {
		const got = await condition();
		if (got) return got;
		await new Promise((done) => setTimeout(done, 50));
	}
	throw new Error(`FAILED: it never came to this: ${what}`);
}

/* ---- Devices ---- */

export class Device {
	constructor(world, who) {
		Object.assign(this, { world, who, data: join(world.root, who) });
	}
	cli(...words) {
		return execFileSync(RELEVE, [...words, "--data", this.data], { env: this.world.env, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
	}
	async start(...words) {
		const log = join(this.world.root, `${this.who}.log`);
		this.program = spawn(RELEVE, ["run", "--data", this.data, "--listen", "127.0.0.1:0", "--no-beacon", "--log", log, ...words], { env: this.world.env, stdio: ["ignore", "pipe", "ignore"] });
		this.ended = new Promise((done) => this.program.on("exit", done));
		this.program.on("error", (problem) => console.error(String(problem)));
		this.world.devices.add(this);
		const line = await new Promise((done) => createInterface({ input: this.program.stdout }).once("line", done));
		check(line.startsWith("ready port="), `${this.who} said ${line}`);
		this.port = Number(/port=(\d+)/.exec(line)[1]);
		this.web = Number(/web=http:\/\/127\.0\.0\.1:(\d+)/.exec(line)[1]);
		this.url = readFileSync(join(this.data, "web.url"), "utf8").trim();
		this.token = this.url.split("#")[1];
		return this;
	}
	async stop(signal = "SIGTERM") {
		this.program.kill(signal);
		await this.ended;
		this.world.devices.delete(this);
	}
	/** One request, as the application sends it; [status, reply]. */
	async asks(method, path, body) {
		const init = { method, headers: { Authorization: `Bearer ${this.token}` } };
		if (body !== undefined) init.body = JSON.stringify(body);
		const reply = await fetch(`http://127.0.0.1:${this.web}${path}`, init);
		return [reply.status, await reply.json()];
	}
	/** A record is saved; the reply. */
	async saves(path, body) {
		const [got, reply] = await this.asks("POST", path, body);
		check(got === 200 || got === 201, `POST ${path}: ${got}: ${JSON.stringify(reply)}`);
		return reply;
	}
	async want(status, method, path, body) {
		const [got, reply] = await this.asks(method, path, body);
		check(got === status, `${method} ${path}: ${got}, expected ${status}: ${JSON.stringify(reply)}`);
		return reply;
	}
}

export class World {
	constructor() {
		this.root = mkdtempSync(join(tmpdir(), "releve-web-"));
		const secret = join(this.root, "pass");
		writeFileSync(secret, `${PASSPHRASE}\n`, { mode: 0o600 });
		this.env = { ...process.env, RELEVE_PASSPHRASE_FILE: secret, LC_ALL: "C.UTF-8" };
		this.devices = new Set();
		process.on("exit", () => this.devices.forEach((device) => device.program.kill("SIGKILL")));
	}
	device(who) {
		return new Device(this, who);
	}
	async close() {
		for (const device of [...this.devices]) await device.stop("SIGKILL");
		await this.browser?.close();
		rmSync(this.root, { recursive: true, force: true });
	}
	/** A window: 360 pixels wide or 1280; what it complains of is a failure at the end. */
	async window({ width = 360, lang = "fr-FR", dark = false, scale = 1 } = {}) {
		this.browser ??= await chromium.launch({ executablePath: process.env.RELEVE_CHROMIUM ?? "/usr/bin/chromium", args: process.getuid() === 0 ? ["--no-sandbox"] : [] });
		const context = await this.browser.newContext({
			viewport: { width, height: width < 600 ? 740 : 800 }, locale: lang, timezoneId: "Europe/Paris", colorScheme: dark ? "dark" : "light",
			hasTouch: width < 600, isMobile: width < 600, reducedMotion: "reduce", bypassCSP: false, deviceScaleFactor: scale,
		});
		const page = await context.newPage();
		page.setDefaultTimeout(60000);
		page.complaints = [];
		page.on("pageerror", (problem) => page.complaints.push(String(problem)));
		page.on("console", (message) => {
			/* a refusal that the screen shows is logged by the browser too */
			if (message.type() === "error" && !/Failed to load resource|ERR_CONNECTION|ERR_EMPTY/.test(message.text())) page.complaints.push(message.text());
		});
		page.on("request", (request) => {
			if (!/^(http:\/\/127\.0\.0\.1:|data:|blob:)/.test(request.url())) page.complaints.push(`a foreign request: ${request.url()}`);
		});
		return page;
	}
}

/* ---- What a person sees ---- */

/** The picture is kept in the build folder, to be looked at. */
export async function shot(page, name, whole = true) {
	mkdirSync(SHOTS, { recursive: true });
	await page.screenshot({ path: join(SHOTS, `${name}.png`), fullPage: whole });
}

/** Nothing serious by axe-core, nothing wider than the window, every target large enough for a glove. */
export async function inspect(page, what) {
	const run = await page.context().newCDPSession(page);
	/* not by addScriptTag: the page's own rules forbid scripts from elsewhere, and stay in force */
	await run.send("Runtime.evaluate", { expression: AXE });
	const { result } = await run.send("Runtime.evaluate", {
		expression: `axe.run(document, {resultTypes: ["violations"]}).then((found) => JSON.stringify(found.violations.filter((one) => ["serious", "critical"].includes(one.impact)).map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 160) + " " + (node.any[0]?.message ?? node.all[0]?.message ?? "")).slice(0, 4)])))`,
		awaitPromise: true, returnByValue: true,
	});
	await run.detach();
	check(result.value === "[]", `axe-core, ${what}: ${result.value}`);
	/* not innerWidth: a phone's window grows with what is too wide */
	const width = [await page.evaluate(() => document.documentElement.scrollWidth), page.viewportSize().width];
	check(width[0] <= width[1], `${what}: ${width[0]} pixels in a window of ${width[1]}`);
	const small = await page.evaluate(() =>
		[...document.querySelectorAll("button, a.button, input, select, textarea, summary, nav a")]
			.filter((one) => one.offsetParent !== null && !one.closest(".choice, .tick, .skip"))
			.map((one) => [one.tagName, one.textContent?.slice(0, 30), Math.round(one.getBoundingClientRect().height)])
			.filter(([, , height]) => height > 0 && height < 44),
	);
	check(small.length === 0, `${what}: targets under 44 pixels: ${JSON.stringify(small)}`);
	check(page.complaints.length === 0, `${what}: ${page.complaints.join("; ")}`);
}

export const today = () => new Intl.DateTimeFormat("en-CA", { timeZone: "Europe/Paris", year: "numeric", month: "2-digit", day: "2-digit" }).format(new Date());
