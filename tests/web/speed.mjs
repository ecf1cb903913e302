/* How fast the application is to the one who taps it, by the browser's own clocks, on a team's four years of records: from the tap to what it shows, painted; how much moves
 * by itself; how even the frames are while all visits are scrolled through; how much is fetched. Beside each, what the same run needs for nothing: a tap that
 * changes one word, a page of the same height that is empty.
 * Usage: speed.mjs RELEVE PICTURES GENERATOR [PATIENTS VISITS] */
import { anyTeam, roundOf, somePatients } from "./scale.mjs";
import { check, checked, World } from "./world.mjs";
import { wordsOf } from "./words.mjs";

const [generator, patients = "840", visits = "36000"] = process.argv.slice(4);
const AIM_MS = 100;
const AIM_BYTES = 200000;
const LATE_MS = 50; /* a frame that people notice */
const ROUND = 25;
const { t } = wordsOf("fr");
const world = new World();

/* ---- In the page ---- */

/** By the debugger, since the page's own rules refuse scripts from elsewhere. */
async function evaluate(page, expression) {
	page.debug ??= await page.context().newCDPSession(page);
	const { result, exceptionDetails } = await page.debug.send("Runtime.evaluate", { expression, awaitPromise: true, returnByValue: true });
	check(!exceptionDetails, exceptionDetails?.exception?.description);
	return result.value;
}

/* From the moment that the browser gives to the tap until the frame that shows `selector` was painted; what moved meanwhile without being asked to. */
const PROBE = `
globalThis.moved = [];
new PerformanceObserver((list) => { for (const one of list.getEntries()) moved.push({ value: one.value, asked: one.hadRecentInput, what: one.sources.map((source) => (source.node?.parentElement ?? source.node)?.className + " " + source.previousRect.y + "→" + source.currentRect.y).join(", ") }); }).observe({ type: "layout-shift", buffered: true });
performance.setResourceTimingBufferSize(20000);
globalThis.painted = (then) => requestAnimationFrame(() => { const { port1, port2 } = new MessageChannel(); port1.onmessage = then; port2.postMessage(0); });
globalThis.awaitTap = (selector) => {
	globalThis.tapped = new Promise((done) => {
		addEventListener("pointerdown", (event) => {
			const from = event.timeStamp;
			const look = () => {
				if (!document.querySelector(selector)) return false;
				seen.disconnect();
				const asked = performance.getEntriesByType("resource").filter((one) => one.startTime >= from && one.name.includes("/api/")).map((one) => ({ path: new URL(one.name).pathname, from: one.startTime - from, ms: one.responseEnd - one.startTime }));
				painted(() => done({ ms: performance.now() - from, asked }));
				return true;
			};
			const seen = new MutationObserver(look);
			seen.observe(document.body, { childList: true, subtree: true, characterData: true, attributes: true });
			addEventListener("pointerup", () => queueMicrotask(look), { once: true });
		}, { once: true, capture: true });
	});
	return true;
};
globalThis.frames = (step, count) => new Promise((done) => {
	const times = [];
	let [last, empty] = [performance.now(), 0];
	const frame = (now) => {
		times.push(now - last);
		last = now;
		const middle = document.elementFromPoint(innerWidth / 2, innerHeight / 2);
		if (middle && !middle.closest("[aria-posinset]")) empty++;
		if (times.length > count) return done({ times: times.slice(1), empty, at: scrollY });
		scrollBy(0, step);
		requestAnimationFrame(frame);
	};
	requestAnimationFrame(frame);
});
`;

async function window(device, lang = "fr-FR") {
	const page = await world.window({ width: 360, lang });
	await page.goto(device.url);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await evaluate(page, PROBE);
	return page;
}

async function tap(page, target, selector) {
	await evaluate(page, `awaitTap(${JSON.stringify(selector)})`);
	await target.tap();
	return evaluate(page, "tapped");
}

const open = (page, path) => page.evaluate((to) => { location.hash = to; }, path);

/* ---- Figures ---- */

const at = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const ms = (value) => `${value.toFixed(1)} ms`;
let floor = 1;

/** One line: the middle one, the slow one, how often the floor; and whether the aim is reached. */
function told(what, values, aim) {
	const [middle, slow] = [at(values, 0.5), at(values, 0.95)];
	const said = aim === undefined ? "" : `  aim ${aim} ms: ${[["median", middle], ["p95", slow]].map(([name, value]) => `${name} ${value <= aim ? "reached" : "MISSED"}`).join(", ")}`;
	console.log(`${what.padEnd(46)} median ${ms(middle).padStart(9)}  p95 ${ms(slow).padStart(9)}  ${(middle / floor).toFixed(1).padStart(5)} × floor${said}  (${values.length})`);
}

/** Of the requests that the tap waited for, by path. */
function waited(taps, path) {
	const times = taps.flatMap((one) => one.asked.filter((asked) => asked.path.startsWith(path[0]) && asked.path.endsWith(path[1])).map((asked) => asked.ms));
	if (times.length) told(`  of that, ${path[0]}…${path[1]}`, times);
}

/* ---- The team ---- */

/** A program as it is in the morning: everything on the disk, nothing of it in memory. */
async function team() {
	const anna = await anyTeam(world, generator, ["--patients", patients, "--visits", visits]);
	await roundOf(anna, await somePatients(anna, ROUND));
	await anna.stop();
	return anna.start();
}

/* ---- What is measured ---- */

async function nothing(page) {
	await evaluate(page, `(() => {
		const button = document.createElement("button");
		button.id = "floor";
		document.querySelector("main").prepend(button);
		let count = 0;
		button.addEventListener("click", () => { button.dataset.done = String(++count); button.textContent = String(count); });
	})()`);
	const times = [];
	for (let i = 1; i <= 30; i++) times.push((await tap(page, page.locator("#floor"), `#floor[data-done="${i}"]`)).ms);
	/* what the button itself pushed away does not count */
	await evaluate(page, `document.querySelector("#floor").remove(), new Promise((done) => painted(() => painted(() => { moved.length = 0; done(); })))`);
	floor = at(times, 0.5);
	told("floor: a tap that changes one word", times);
}

async function round(page) {
	const taps = [];
	for (let i = 0; i < 15; i++) {
		await open(page, "/more");
		await page.getByRole("heading", { level: 1, name: t("base.nav.more") }).waitFor();
		taps.push(await tap(page, page.locator('nav a[href="#/round"]'), "ol li.card.visit:nth-child(5)"));
	}
	told("tap → round of the day, shown before", taps.map((one) => one.ms), AIM_MS);
	return taps;
}

/** The first time of each window: nothing is kept of what is asked for. */
async function firstRound(device) {
	const taps = [];
	for (let i = 0; i < 5; i++) {
		const page = await world.window({ width: 360 });
		await page.goto(device.url);
		await page.getByRole("heading", { level: 1 }).waitFor();
		await open(page, "/more");
		await page.reload();
		await page.getByRole("heading", { level: 1, name: t("base.nav.more") }).waitFor();
		await evaluate(page, PROBE);
		/* who opens the application does not tap before it is there */
		await evaluate(page, `new Promise((done) => requestIdleCallback(done, { timeout: 5000 }))`);
		taps.push(await tap(page, page.locator('nav a[href="#/round"]'), "ol li.card.visit:nth-child(5)"));
		await page.context().close();
	}
	told("tap → round of the day, for the first time", taps.map((one) => one.ms), AIM_MS);
	waited(taps, ["/api/round", ""]);
}

async function files(page) {
	const [first, again] = [[], []];
	for (const taps of [first, again]) {
		const wanted = Math.min(40, Number(patients));
		for (let i = 0; i < wanted; i++) {
			await open(page, "/patients");
			await page.locator("ul.rows a.line").nth(i).waitFor();
			await page.locator("ul.rows a.line").nth(i).scrollIntoViewIfNeeded();
			taps.push(await tap(page, page.locator("ul.rows a.line").nth(i), "section.card dl.facts"));
		}
	}
	told("tap → a patient's file, for the first time", first.map((one) => one.ms), AIM_MS);
	waited(first, ["/api/patients/", "/file"]);
	told("tap → a patient's file, shown before", again.map((one) => one.ms), AIM_MS);
}

function frames(what, { times }, floorFrames) {
	const late = times.filter((one) => one > LATE_MS).length;
	const than = floorFrames ? `, ${(at(times, 0.95) / at(floorFrames.times, 0.95)).toFixed(2)} × the empty page's p95` : "";
	console.log(`${what.padEnd(46)} median ${ms(at(times, 0.5)).padStart(9)}  p95 ${ms(at(times, 0.95)).padStart(9)}  longest ${ms(Math.max(...times))}, ${late} over ${LATE_MS} ms of ${times.length}${than}`);
}

async function scrolling(page) {
	await open(page, "/visits");
	await page.locator('[aria-posinset="1"]').waitFor();
	const total = Number(await page.locator('[aria-posinset="1"]').getAttribute("aria-setsize"));
	check(total >= Number(visits), `${total} visits`);
	const height = await evaluate(page, "document.documentElement.scrollHeight");
	const steps = Math.min(1500, Math.ceil(height / 100));
	/* the empty page */
	await open(page, "/more");
	await page.getByRole("heading", { level: 1, name: t("base.nav.more") }).waitFor();
	await evaluate(page, `(() => { const room = document.createElement("div"); room.id = "floor"; room.style.height = "${height}px"; document.querySelector("main").append(room); scrollTo(0, 0); })()`);
	const empty = await evaluate(page, `frames(${Math.ceil(height / steps)}, ${steps})`);
	await evaluate(page, `document.querySelector("#floor").remove()`);
	frames("floor: frames of an empty page of that height", empty);
	await open(page, "/visits");
	await page.locator('[aria-posinset="1"]').waitFor();
	const slow = await evaluate(page, `scrollTo(0, 0), frames(60, ${Math.min(600, steps)})`);
	frames("frames at reading speed, 60 pixels each", slow, empty);
	console.log(`${"".padEnd(46)} ${slow.empty} of them without a visit in the middle of the window`);
	const all = await evaluate(page, `scrollTo(0, 0), frames(${Math.ceil(height / steps)}, ${steps})`);
	frames(`frames through all ${total.toLocaleString("en")} visits`, all, empty);
	await page.locator(`[aria-posinset="${total}"]`).waitFor();
	console.log(`${"".padEnd(46)} ${await page.locator("[aria-posinset]").count()} rows of ${total} are drawn at the end`);
}

async function size(page) {
	const bytes = await evaluate(page, `[...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource").filter((one) => !one.name.includes("/api/"))].reduce((sum, one) => sum + one.encodedBodySize, 0)`);
	check(bytes > 1000 && bytes < AIM_BYTES, `the application is ${bytes} bytes, compressed`);
	console.log(`${"the whole application, compressed".padEnd(46)} ${(bytes / 1000).toFixed(1)} kB  aim 200 kB: reached`);
}

/** The sum of what moved since the page was opened: by itself, and within half a second of a tap. */
async function shifts(page, what) {
	const moved = await evaluate(page, "moved");
	const sum = (asked) => moved.filter((one) => one.asked === asked).reduce((total, one) => total + one.value, 0);
	for (const one of moved.filter(({ asked, value }) => !asked && value > 0.01)) console.log(`${"".padEnd(46)} ${one.value.toFixed(4)} of it: ${one.what}`);
	console.log(`${`layout shift, ${what}`.padEnd(46)} by itself ${sum(false).toFixed(4)}, within half a second of a tap ${sum(true).toFixed(4)}`);
}

try {
	const anna = await team();
	const page = await window(anna);
	await size(page);
	await nothing(page);
	await firstRound(anna);
	await round(page);
	await files(page);
	await shifts(page, "round and files");
	await scrolling(page);
	await shifts(page, "with the lists");
	console.log(`${checked()} checks`);
} finally {
	await world.close();
}
