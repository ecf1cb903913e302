/* People, devices, and what this device is set to: replies of the node's api_team, api_leave, api_held, api_settings. */
import { useStatus } from "../session";
import { useData } from "./store";
import type { Peer, Words } from "./types";

interface Written {
	at: string;
	by: Words;
}

export interface Member {
	device: string;
	person: string;
	name: { firstName?: string; lastName?: string };
	role: string;
	state: "active" | "pending" | "suspended" | "removed" | "void";
	endorsed: boolean;
	self: boolean;
	rights: Words;
	joined?: Written;
	ended?: Written;
	rightsFrom?: string;
	rightsUntil?: string;
	leavesOn?: string;
}

/** What this nurse is asked to sign or choose; `id`: first digits of a proposal, a device or a person. */
export interface Ask extends Words {
	what: "confirm" | "wait" | "choose" | "endorse" | "reinstate" | "remove";
	id: string;
}

export interface Team {
	members: Member[];
	asks: Ask[];
}

export interface Someone {
	person: string;
	name: string;
	devices: Member[];
	/** The device that says most of her: an active one, else the last. */
	first: Member;
	inTeam: boolean;
}

export interface Settings {
	version: string;
	formats: { records: number; exchange: number; file: number };
	lockAfterMinutes: number;
	lockAtMostSeconds: number;
	listening: string | null;
	backup: { made: string; bytes: number; file: string } | null;
}

const RELAY = /^0*$/; /* a relay is nobody's */

function nameOf(member: Member): string {
	return [member.name.firstName, member.name.lastName].filter(Boolean).join(" ") || member.person.slice(0, 8);
}

/** Devices by whose they are, in the order of names; those who left apart by `inTeam`. */
export function peopleOf(team: Team): Someone[] {
	const people = new Map<string, Member[]>();
	for (const member of team.members) {
		if (RELAY.test(member.person)) continue;
		people.set(member.person, [...(people.get(member.person) ?? []), member]);
	}
	return [...people.entries()]
		.map(([person, devices]) => {
			const first = devices.find((one) => one.state === "active") ?? devices.find((one) => one.state === "pending" || one.state === "suspended") ?? (devices[devices.length - 1] as Member);
			return { person, name: nameOf(first), devices, first, inTeam: devices.some((one) => one.state !== "removed" && one.state !== "void") };
		})
		.sort((a, b) => a.name.localeCompare(b.name));
}

export function useTeam() {
	return useData<Team>("/api/members", ["news", "meeting"]);
}

/** What is known of another active device. */
export function usePeer(device: string): Peer | undefined {
	return useStatus()?.peers?.find((peer) => peer.device === device);
}

/** "1a2b 3c4d 5e6f 7a8b": by which two people find that they speak of the same device. */
export function deviceNumber(device: string): string {
	return (device.slice(0, 16).match(/.{4}/g) ?? []).join(" ");
}
