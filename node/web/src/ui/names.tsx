/* What people of the team are called, by the ids that records hold: whole, or their first six bytes. */
import { useData } from "../api/store";
import { short } from "../api/versions";

interface Member {
	person: string;
	name?: { firstName?: string; lastName?: string };
}

export function useNames(): (id: unknown) => string {
	const members = useData<{ members: Member[] }>("/api/members").data?.members ?? [];
	return (id) => {
		const member = typeof id === "string" ? members.find((one) => short(one.person) === short(id)) : undefined;
		return [member?.name?.firstName, member?.name?.lastName].filter(Boolean).join(" ");
	};
}
