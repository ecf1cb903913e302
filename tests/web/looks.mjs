/* Every screen that there is, with letters twice as large and in the dark: nothing wider than the window, no word cut off, nothing serious by axe-core. Which screens there are
 * is read from their sources: a new one is looked at without being named here.
 * Usage: looks.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeTeam, meet } from "./team.mjs";
import { check, checked, fromWeb, inspect, shot } from "./world.mjs";

const { chromium } = fromWeb("playwright-core");
const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const screens = join(dirname(fromWeb.resolve("./package.json")), "src/screens");
const { world, anna, bea, patients, problems } = await makeTeam();

/** The paths that screens give themselves. */
function paths() {
	const found = readdirSync(screens).flatMap((name) => [...readFileSync(join(screens, name), "utf8").matchAll(/^export const screen\w*: Screen = \{[^\n]*?path: "([^"]+)"/gm)].map((one) => one[1]));
	check(found.length > 10 && new Set(found).size === found.length, `screens: ${found}`);
	return found.sort();
}

/** What stands for ":name" in a path. */
async function things() {
	const [id, problem] = [patients[0], problems[0]];
	const of = async (kind) => (await anna.want(200, "GET", `/api/patients/${id}/${kind}`)).records[0]?.id;
	PLAN.record = (await anna.saves(`/api/patients/${id}/goal`, { words: "Marcher jusqu'au marché" })).id;
	return { id, patient: id, problem, kind: "alert", record: await of("alert"), item: await of("intervention"), rating: await of("rating"), day: new Date().toISOString().slice(0, 10), month: new Date().toISOString().slice(0, 7) };
}

const PLAN = { kind: "goal" }; /* under /plan there are two kinds only */

/* What is wider than its box, where the rest of it is not shown; what may be scrolled on purpose (tables) is not meant. */
const CUT = () => [...document.querySelectorAll("body *")].filter((one) => {
	const style = getComputedStyle(one);
	if (!one.offsetParent || one.closest(".unseen, .skip, svg, .uplot") || ["INPUT", "TEXTAREA", "SELECT", "OPTION"].includes(one.tagName) || !one.textContent.trim()) return false;
	const cut = (how) => how === "hidden" || how === "clip";
	return (cut(style.overflowX) && one.scrollWidth > one.clientWidth + 1) || (cut(style.overflowY) && one.scrollHeight > one.clientHeight + 1);
}).map((one) => `${one.tagName}.${one.className}: ${one.textContent.slice(0, 40)} (${one.scrollWidth}×${one.scrollHeight} in ${one.clientWidth}×${one.clientHeight})`);

/** Nothing more comes: what is shown stays the same for a while of the page's own. */
async function settled(page) {
	await page.getByRole("heading", { level: 1 }).first().waitFor();
	await page.evaluate(() => new Promise((done) => {
		let timer = setTimeout(done, 400);
		new MutationObserver(() => {
			clearTimeout(timer);
			timer = setTimeout(done, 400);
		}).observe(document.body, { childList: true, subtree: true, characterData: true });
		setTimeout(done, 5000);
	}));
}

/* A word of at most ten letters that goes on in the next line: where it stands there is no room for words. Longer ones, numbers and addresses may. */
const BROKEN = () => {
	const found = [];
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	for (let node = texts.nextNode(); node; node = texts.nextNode()) {
		if (!node.parentElement.offsetParent || node.parentElement.closest(".unseen, .skip, .uplot, svg, option")) continue;
		for (const word of node.data.matchAll(/[\p{L}/]+/gu)) {
			if (word[0].length > 10) continue;
			const range = document.createRange();
			range.setStart(node, word.index);
			range.setEnd(node, word.index + word[0].length);
			if (new Set([...range.getClientRects()].map((one) => Math.round(one.top))).size > 1) found.push(word[0]);
		}
	}
	return found;
};

async function look(page, path, name, found) {
	await page.evaluate((to) => { location.hash = to; }, path);
	try {
		await settled(page);
	} catch {
		found.push(`${name}: no heading: ${(await page.locator("body").textContent()).slice(0, 200)}; ${page.complaints.join("; ")}`);
		await page.reload();
		return;
	}
	const cut = await page.evaluate(CUT);
	if (cut.length) found.push(`${name}: cut off: ${cut.slice(0, 3).join("; ")}`);
	const broken = await page.evaluate(BROKEN);
	if (broken.length) found.push(`${name}: broken words: ${broken.slice(0, 12).join(", ")}`);
	await inspect(page, name).catch((problem) => found.push(problem.message));
	page.complaints.length = 0;
	await shot(page, name);
}

try {
	await meet(anna, bea);
	await anna.saves(`/api/patients/${patients[0]}/transmission`, { data: "Rougeur autour de la plaie", urgency: "urgent" });
	await anna.saves(`/api/patients/${patients[0]}/visits/start`, {});
	/* as somebody sets it in the browser: media queries follow it too */
	world.browser = await chromium.launch({ executablePath: process.env.RELEVE_CHROMIUM ?? "/usr/bin/chromium", args: ["--blink-settings=defaultFontSize=32", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])] });
	const page = await world.window({ width, lang: lang === "fr" ? "fr-FR" : "en-GB", dark: true });
	await page.goto(anna.url);
	await page.getByRole("heading", { level: 1 }).waitFor();
	check((await page.evaluate(() => getComputedStyle(document.documentElement).fontSize)) === "32px", "letters are twice as large");
	const values = await things();
	const [found, left] = [[], []];
	for (const path of paths()) {
		/* ":id" is a patient's under /patients; elsewhere it is of something that this team does not have */
		if ([...path.matchAll(/:(\w+)/g)].some(([, name]) => !values[name] || !path.startsWith("/patients/"))) left.push(path);
		else await look(page, path.replace(/:(\w+)/g, (_, name) => (path.includes("/plan/") && PLAN[name]) || values[name]), `large${path.replace(/[/:]+/g, "-")}-${lang}-${width}`, found);
	}
	if (left.length) console.log(`not looked at, since it is not known of what: ${left.join(" ")}`);
	check(found.length === 0, `\n${found.join("\n")}`);
	console.log(`${checked()} checks`);
} finally {
	await world.close();
}
