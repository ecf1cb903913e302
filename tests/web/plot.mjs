/* Plots of every sort in a page of the application: what is drawn, marked, said and put into a table; in light and dark.
 * Usage: plot.mjs RELEVE PICTURES WIDTH LANGUAGE */
import { dirname, join } from "node:path";
import { check, checked, fromWeb, inspect, shot, World } from "./world.mjs";
import { wordsOf } from "./words.mjs";

const [width, lang] = [Number(process.argv[4]), process.argv[5]];
const { t } = wordsOf(lang);
const at = `${lang}-${width}`;
const web = dirname(fromWeb.resolve("./package.json"));
const { build } = await import(fromWeb.resolve("vite").replace(/index\.cjs$/, "dist/node/index.js"));
const world = new World();

/** The harness as one script, made from the sources as the application is. */
async function harness() {
	const made = await build({
		root: web, configFile: join(web, "vite.config.ts"), logLevel: "silent",
		build: { write: false, lib: { entry: join(web, "test/plots.tsx"), formats: ["iife"], name: "plots", fileName: "plots" } },
	});
	return made[0].output.find((one) => one.fileName.endsWith(".js")).code;
}

/** By the debugger: the page's own rules refuse a script from elsewhere, and stay in force. */
async function run(page, code) {
	const debug = await page.context().newCDPSession(page);
	const { exceptionDetails } = await debug.send("Runtime.evaluate", { expression: code });
	check(!exceptionDetails, exceptionDetails?.exception?.description);
	await debug.detach();
}

/** How many pixels of a canvas have the colour of a custom property, or nearly. */
function coloured(page, name, property) {
	return page.locator(`#plot-${name} canvas`).evaluate((canvas, wanted) => {
		const probe = document.createElement("i");
		probe.style.color = `var(${wanted})`;
		canvas.parentElement.append(probe);
		const [r, g, b] = getComputedStyle(probe).color.match(/\d+/g).map(Number);
		probe.remove();
		const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
		let count = 0;
		for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 250 && Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b) < 6) count++;
		return count;
	}, property);
}

async function looks(code, dark) {
	const device = world.device(dark ? "dark" : "light");
	device.cli("init", "--cheap-key");
	device.cli("team", "create", "Anna Le Gall");
	await device.start();
	const page = await world.window({ width, lang: lang === "fr" ? "fr-FR" : "en-GB", dark });
	await page.goto(device.url);
	await page.getByRole("heading", { level: 1 }).waitFor();
	await page.evaluate(() => { location.hash = "/more"; });
	await page.getByRole("heading", { level: 1, name: t("base.nav.more") }).waitFor();
	await run(page, code);
	await page.evaluate(() => {
		const into = document.createElement("div");
		document.querySelector("main").append(into);
		globalThis.drawPlots(into);
	});
	await page.locator("#plot-single canvas").waitFor();
	for (const place of [1, 2, 3]) check((await coloured(page, "week", `--plot-${place}`)) > 500, `bars of series ${place}, ${dark ? "dark" : "light"}`);
	check((await coloured(page, "limits", "--bad")) > 20, "what is outside is marked");
	check((await coloured(page, "step", "--bad")) === 0, "what is inside is not");
	check((await coloured(page, "step", "--good-soft")) > 500, "what it should stay between, of one series");
	check((await coloured(page, "single", "--plot-1")) > 50, "one value is a point");
	check((await page.locator("#plot-empty canvas").count()) === 0 && (await page.locator("#plot-empty").textContent()).includes(t("plot.nothing")), "nothing is said to be nothing");
	check((await page.locator("#plot-week .plot-keys li").count()) === 3 && (await page.locator("#plot-months .plot-keys").count()) === 0, "a key where there are several");
	await page.locator("#plot-limits summary").click();
	await page.locator("#plot-limits tbody tr").first().waitFor();
	check((await page.locator("#plot-limits .plot-out").count()) === 1, "and in the table in words");
	await page.locator("#plot-week .u-over").hover({ position: { x: 12, y: 20 } });
	await page.locator("#plot-week .plot-reading").getByText("Béa 100 min", { exact: false }).waitFor(); /* Monday's */
	await inspect(page, `plots ${at}`);
	await shot(page, `plots-${dark ? "dark" : "light"}-${at}`);
	await device.stop();
}

try {
	const code = await harness();
	await looks(code, false);
	await looks(code, true);
	console.log(`${checked()} checks`);
} finally {
	await world.close();
}
