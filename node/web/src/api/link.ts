/* How it stands between this page and its program: what every screen has to know. */
export type LinkState = "here" | "gone" | "locked" | "stranger";

type Listener = () => void;
const listeners = new Set<Listener>();

function tell(): void {
	listeners.forEach((listener) => listener());
}

export const link = {
	state: "here" as LinkState,
	/** The last save was refused for lack of room. */
	full: false,
	set(state: LinkState): void {
		if (state === this.state) return;
		this.state = state;
		tell();
	},
	/** An answer came. "locked" ends with the status alone (session.ts). */
	here(method: string): void {
		if (this.full && method !== "GET") {
			this.full = false;
			tell();
		}
		if (this.state === "gone") this.set("here");
	},
	/** A locked device becomes another image of itself, and does not answer meanwhile: its page stays what it is. */
	gone(): void {
		if (this.state !== "locked") this.set("gone");
	},
	refused(status: number, code: string): void {
		if (status === 401) this.set("stranger");
		else if (code === "LOCKED" && status === 403) this.set("locked");
		else if (this.state === "gone") this.set("here");
		if (code === "NOSPACE" && !this.full) {
			this.full = true;
			tell();
		}
	},
	listen(listener: Listener): () => void {
		listeners.add(listener);
		return () => listeners.delete(listener);
	},
};
