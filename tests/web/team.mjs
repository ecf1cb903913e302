/* A small team with a day's work: Anna and Béa, five patients, a plan that makes today's round. */
import { today, until, World } from "./world.mjs";

const HOURS = [7, 8, 10, 12, 18];

export const PATIENTS = [
	{ lastName: "Le Goff", firstName: "Yvonne", sex: "F", birthDate: "1938-03-14", street: "12 rue des Lices", postcode: "35000", town: "Rennes", doorCode: "42B17", mobile: "0612345678", doctor: "Dr Guérin", doctorPhone: "0299112233" },
	{ lastName: "Martin", firstName: "Jean", sex: "M", birthDate: "1951-11-02", street: "3 place Sainte-Anne", postcode: "35000", town: "Rennes", keys: "clé chez la gardienne", phone: "0299445566" },
	{ lastName: "Caradec", firstName: "Marie-Thérèse", sex: "F", birthDate: "1944-07-21", street: "27 boulevard de la Liberté", complement: "3e étage droite", postcode: "35000", town: "Rennes", doorCode: "1789A", phone: "0299778899" },
	{ lastName: "Prigent", firstName: "Louis", sex: "M", birthDate: "1932-01-30", street: "8 allée des Tilleuls", postcode: "35510", town: "Cesson-Sévigné", phone: "0299010203" },
	{ lastName: "Haddad", firstName: "Samira", sex: "F", birthDate: "1966-09-09", street: "5 rue Vasselot", postcode: "35000", town: "Rennes", doorCode: "#2210", mobile: "0698765432" },
];

async function care(anna, patient, place) {
	const problem = await anna.saves(`/api/patients/${patient}/problem`, { code: place % 2 ? "PB38" : "PB26", severity: "actual", signs: "plaie de la jambe gauche" });
	const of = problem.id.slice(0, 12);
	await anna.saves(`/api/patients/${patient}/rating`, { problem: of, knowledge: 3, behaviour: 3, status: 2 });
	for (const [targetCode, category, detail] of [["TG14", "treatment", "pansement, avec l'aidante"], ["TG44", "surveillance", "tension, pouls"]])
		await anna.saves(`/api/patients/${patient}/intervention`, { problem: of, category, targetCode, detail, recurrence: `FREQ=DAILY;BYHOUR=${HOURS[place]}`, from: today() });
	return problem.id;
}

/** Anna's device runs; Béa's joined by invitation, and does not run. {world, anna, bea, patients: [ids], problems: [ids]} */
export async function makeTeam() {
	const world = new World();
	const anna = world.device("anna");
	const bea = world.device("bea");
	anna.cli("init", "--cheap-key");
	anna.cli("team", "create", "Anna Le Gall");
	await anna.start();
	const invitation = anna.cli("invite", "--no-qr").trim();
	bea.cli("init", "--cheap-key");
	bea.cli("join", "Béa Morvan", `127.0.0.1:${anna.port}`, "--invitation", invitation);
	const patients = [];
	const problems = [];
	for (const [place, fields] of PATIENTS.entries()) {
		const { id } = await anna.saves("/api/patients", fields);
		patients.push(id);
		problems.push(await care(anna, id, place));
	}
	await anna.saves(`/api/patients/${patients[0]}/alert`, { type: "allergy", what: "pénicilline", severity: "severe", state: "active", reaction: "œdème" });
	for (const place of [0, 1, 2]) await anna.saves("/api/round/claim", { patient: patients[place], day: today() });
	return { world, anna, bea, patients, problems };
}

/** Béa's device runs beside Anna's, and both have the same. */
export async function meet(anna, bea) {
	await bea.start("--peer", `127.0.0.1:${anna.port}`);
	await until(async () => {
		const status = await bea.want(200, "GET", "/api/status");
		return status.peers?.some((peer) => peer.connected && peer.level && peer.missingHere === 0 && peer.missingThere === 0);
	}, "Béa's device is level with Anna's");
}
