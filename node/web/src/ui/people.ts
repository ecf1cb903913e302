/* Names of colleagues by their ids, short or whole; of people who left too. */
import { useData } from "../api/store";

interface Named {
	person: string;
	name?: { firstName?: string; lastName?: string };
}

export function usePeople(): (id: string | undefined) => string {
	const members = useData<{ members: Named[] }>("/api/members").data?.members ?? [];
	return (id) => {
		const one = id ? members.find((member) => member.person.startsWith(id.slice(0, 12))) : undefined;
		return [one?.name?.firstName, one?.name?.lastName].filter(Boolean).join(" ");
	};
}
