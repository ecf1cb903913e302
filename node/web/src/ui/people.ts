/* Names of colleagues by their ids, short or whole; of people who left too. */
import { useData } from "../api/store";
import { short } from "../api/versions";

interface Named {
	person: string;
	name?: { firstName?: string; lastName?: string };
}

export function usePeople(): (id: unknown) => string {
	const members = useData<{ members: Named[] }>("/api/members").data?.members ?? [];
	return (id) => {
		const one = typeof id === "string" && id ? members.find((member) => short(member.person) === short(id)) : undefined;
		return [one?.name?.firstName, one?.name?.lastName].filter(Boolean).join(" ");
	};
}
