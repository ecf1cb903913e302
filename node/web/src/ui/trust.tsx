/* Where a record is, how old what is shown is, who wrote it. */
import type { Age as AgeType, Holder } from "../api/types";
import { say, t, tn } from "../words";
import { when } from "../words/dates";
import { Icon } from "./icons";

/** "on 4 other devices" with their names a tap away, or "only here". `on`: places in `holders`; undefined: not known, nothing is said. */
export function OnDevices({ on, holders }: { on: number[] | undefined; holders: Holder[] }) {
	if (!on) return null;
	if (on.length === 0)
		return (
			<span class="trust only">
				<Icon name="only" size={16} /> {t("base.onlyHere")}
			</span>
		);
	const names = on.map((place) => say(holders[place]?.name)).filter(Boolean);
	return (
		<details class="trust">
			<summary>
				<Icon name="devices" size={16} /> {tn("base.onDevices", on.length)}
			</summary>
			<p>{names.join(", ")}</p>
		</details>
	);
}

/** What is shown is complete up to when, by whom: calm where all is well, said where something is lacking. */
export function Age({ age }: { age: AgeType | undefined }) {
	if (!age || age.devices.length === 0) return null;
	const lacking = age.devices.some((device) => device.lacking || device.missing > 0);
	const here = age.devices.filter((device) => device.now).length;
	return (
		<details class={`age${lacking ? " lacking" : ""}`}>
			<summary>
				<Icon name={lacking ? "alert" : "sync"} size={16} />{" "}
				{lacking ? t("base.age.lacking") : here ? tn("base.age.now", here) : t("base.age.apart", { met: lastMet(age) })}
			</summary>
			<p>{say(age)}</p>
		</details>
	);
}

function lastMet(age: AgeType): string {
	const met = age.devices.filter((device) => device.met).sort((a, b) => (b.met ?? "").localeCompare(a.met ?? ""))[0];
	return met?.met ? t("base.age.met", { name: say(met.name), when: when(met.met) }) : t("base.age.never");
}
