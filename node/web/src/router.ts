/* Where one is: the part of the address behind "#". Each file in screens/ exports `screen`, and further ones under names that begin so: they
 * are found by that. */
import type { ComponentType } from "preact";

export interface Screen {
	/** "/patients/:id": a part with ":" is anything, and is given to the view by its name. */
	path: string;
	view: ComponentType<{ params: Record<string, string> }>;
	/** In the navigation: order, the key of its words, an icon of ui/icons.tsx. */
	nav?: { order: number; label: string; icon: string; badge?: "work" | "toRead"; roles?: readonly string[] };
	/** In the list of the screen "More": the same, without room in the navigation. `roles`: for these alone. */
	more?: { order: number; label: string; icon: string; roles?: readonly string[] };
	/** Whose entry of the navigation is marked while this one is open: the path of that. */
	under?: string;
}

const modules = import.meta.glob<Record<string, unknown>>("./screens/*.tsx", { eager: true });
/* A path without parameters is looked for first: /patients/new before /patients/:id. */
export const screens: Screen[] = Object.values(modules)
	.flatMap((module) => Object.entries(module).flatMap(([name, screen]) => (name.startsWith("screen") ? [screen as Screen] : [])))
	.sort((a, b) => a.path.split(":").length - b.path.split(":").length);
const navigation: Screen[] = screens.filter((screen) => screen.nav).sort((a, b) => (a.nav?.order ?? 0) - (b.nav?.order ?? 0));
export const furtherScreens: Screen[] = screens.filter((screen) => screen.more).sort((a, b) => (a.more?.order ?? 0) - (b.more?.order ?? 0));

/** What the navigation of somebody with this role holds; its first entry is where the application begins. */
export function navigationOf(role: string | undefined): Screen[] {
	return navigation.filter((screen) => !screen.nav?.roles || (role !== undefined && screen.nav.roles.includes(role)));
}

export interface Place {
	screen: Screen | undefined;
	params: Record<string, string>;
	query: URLSearchParams;
	path: string;
}

function match(pattern: string, path: string): Record<string, string> | undefined {
	const wanted = pattern.split("/");
	const given = path.split("/");
	if (wanted.length !== given.length) return undefined;
	const params: Record<string, string> = {};
	for (let i = 0; i < wanted.length; i++) {
		const part = wanted[i] ?? "";
		if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(given[i] ?? "");
		else if (part !== given[i]) return undefined;
	}
	return params;
}

export function place(hash: string = location.hash): Place {
	const [path = "/", query = ""] = (hash.replace(/^#/, "") || "/").split("?");
	for (const screen of screens) {
		const params = match(screen.path, path);
		if (params) return { screen, params, query: new URLSearchParams(query), path };
	}
	return { screen: undefined, params: {}, query: new URLSearchParams(query), path };
}

export function go(path: string, replace = false): void {
	if (replace) location.replace(`#${path}`);
	else location.hash = path;
}

/** One step back; to `fallback` where there is none in this application. */
export function back(fallback: string): void {
	if (history.length > 1) history.back();
	else go(fallback, true);
}
