/* A team with years of records, as the generator makes them: what the figures and the pictures are taken of. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { today, until } from "./world.mjs";

/** Anna's device, which runs: she founded the team and took in what it wrote for years. */
export async function anyTeam(world, generator, options = []) {
	const anna = world.device("anna");
	execFileSync(generator, ["--out", join(world.root, "data"), ...options]);
	anna.cli("init", "--cheap-key");
	anna.cli("team", "create", "Anna Le Gall");
	await anna.start();
	anna.cli("import", join(world.root, "data", "team-00.ndjson"));
	return anna;
}

export async function somePatients(anna, count) {
	return (await anna.want(200, "GET", `/api/patients?limit=${count}`)).patients.map(({ id }) => id);
}

/** Each of these patients is visited today, one an hour, by Anna. */
export async function roundOf(anna, patients, first = 7) {
	for (const [i, id] of patients.entries()) {
		const [problem] = (await anna.want(200, "GET", `/api/patients/${id}/problem`)).records;
		const of = problem?.id ?? (await anna.saves(`/api/patients/${id}/problem`, { code: "PB26", severity: "actual" })).id;
		await anna.saves(`/api/patients/${id}/intervention`, { problem: of.slice(0, 12), category: "treatment", targetCode: "TG14", detail: "pansement de la jambe gauche", recurrence: `FREQ=DAILY;BYHOUR=${Math.min(23, first + (i % 12))}`, from: today() });
		await anna.saves("/api/round/claim", { patient: id, day: today() });
	}
	await until(async () => (await anna.want(200, "GET", `/api/round?day=${today()}`)).visits.length >= patients.length, "a round of the day");
}
