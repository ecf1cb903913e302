/* The pictures of README.md: four screens as a nurse's phone shows them, of a team of three with four years of generated records.
 * Usage: pictures.mjs RELEVE FOLDER GENERATOR */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { anyTeam, roundOf, somePatients } from "./scale.mjs";
import { check, SHOTS, until, World } from "./world.mjs";

const BYTES_MAX = 60000;
const world = new World();

/** As small as it has to be, as good as it may be. */
async function picture(page, name) {
	const debug = await page.context().newCDPSession(page);
	for (let quality = 80; quality >= 20; quality -= 10) {
		const { data } = await debug.send("Page.captureScreenshot", { format: "webp", quality });
		const bytes = Buffer.from(data, "base64");
		if (bytes.length > BYTES_MAX) continue;
		writeFileSync(join(SHOTS, `${name}.webp`), bytes);
		console.log(`${name}.webp: ${bytes.length} bytes`);
		return;
	}
	check(false, `${name} does not become small enough`);
}

async function joins(anna, who, name) {
	const invitation = anna.cli("invite", "--no-qr").trim();
	const device = world.device(who);
	device.cli("init", "--cheap-key");
	device.cli("join", name, `127.0.0.1:${anna.port}`, "--invitation", invitation);
	await device.start("--peer", `127.0.0.1:${anna.port}`);
}

async function level(anna) {
	await until(async () => (await anna.want(200, "GET", "/api/status")).peers.filter((peer) => peer.connected && peer.level && peer.missingThere === 0 && peer.acknowledged).length === 2, "both colleagues have everything");
}

/** The one of whom there is most to see, and nothing to be put right. */
async function richest(anna, patients) {
	let [best, most] = [patients[0], -1];
	for (const id of patients) {
		const file = await anna.want(200, "GET", `/api/patients/${id}/file`);
		const rated = file.problems.filter((problem) => problem.current).length;
		const score = file.identity.warnings?.length || file.allergies.length || rated > 3 ? 0 : rated * 5 + Math.min(4, file.transmissions.length);
		if (score > most) [best, most] = [id, score];
	}
	return best;
}

async function details(anna, id) {
	const alert = await anna.saves(`/api/patients/${id}/alert`, { type: "allergy", what: "pénicilline", severity: "severe", state: "active", reaction: "œdème" });
	check(alert.id, "an allergy");
	const [status, reply] = await anna.asks("PATCH", `/api/patients/${id}`, { doorCode: "42B17", mobile: "0612345678", reason: "vu à la porte" });
	check(status === 200, JSON.stringify(reply));
	/* assessed today, a little better than the last time */
	const up = (score) => Math.min(5, score + 1);
	for (const { id: problem, current } of (await anna.want(200, "GET", `/api/patients/${id}/file`)).problems)
		if (current) await anna.saves(`/api/patients/${id}/rating`, { problem: problem.slice(0, 12), knowledge: up(current.knowledge), behaviour: current.behaviour, status: up(current.status) });
}

try {
	mkdirSync(SHOTS, { recursive: true });
	const anna = await anyTeam(world, process.argv[4]);
	const patients = await somePatients(anna, 60);
	const patient = await richest(anna, patients);
	await details(anna, patient);
	await roundOf(anna, [patient, ...patients.filter((id) => id !== patient).slice(0, 4)], Math.min(22, Math.max(7, new Date().getHours() + 2)));
	await joins(anna, "lea", "Léa Morvan");
	await joins(anna, "marc", "Marc Petit");
	await level(anna);
	const page = await world.window({ width: 360, scale: 2 });
	await page.goto(anna.url);
	const open = async (path) => {
		await page.evaluate((to) => { location.hash = to; scrollTo(0, 0); }, path);
		await page.getByRole("heading", { level: 1 }).waitFor();
		await until(async () => !(await page.locator("main .progress").count()), "all is there");
	};
	await open("/round");
	await page.locator("li.card.visit").first().waitFor();
	await picture(page, "round");
	await open(`/patients/${patient}`);
	await page.locator("section.card").first().waitFor();
	await picture(page, "patient");
	await open(`/patients/${patient}/plan`);
	await page.locator(".plan-problem").first().waitFor();
	await picture(page, "plan");
	await open("/sync");
	await page.locator(".rows li").nth(1).waitFor();
	await picture(page, "sync");
} finally {
	await world.close();
}
