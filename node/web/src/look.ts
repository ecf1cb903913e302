/* How large and in which colours this browser shows everything: chosen here, kept here. */
export const SIZES = ["100", "115", "130", "150"] as const;
export const SCHEMES = ["auto", "light", "dark"] as const;

const SIZE = "releve.size";
const SCHEME = "releve.scheme";

function kept<T extends string>(key: string, of: readonly T[]): T {
	const value = localStorage.getItem(key);
	return of.find((one) => one === value) ?? (of[0] as T);
}

export const look = {
	size: (): string => kept(SIZE, SIZES),
	scheme: (): string => kept(SCHEME, SCHEMES),
	set(what: "size" | "scheme", value: string): void {
		localStorage.setItem(what === "size" ? SIZE : SCHEME, value);
		applyLook();
	},
};

export function applyLook(): void {
	const root = document.documentElement;
	root.style.fontSize = look.size() === SIZES[0] ? "" : `${look.size()}%`;
	if (look.scheme() === "auto") delete root.dataset.scheme;
	else root.dataset.scheme = look.scheme();
}
