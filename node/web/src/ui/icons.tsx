/* Drawn by lines, in the colour of the text beside them; never alone: a word or a label goes along. */
const PATHS: Record<string, string> = {
	round: "M5 19c4 0 4-6 8-6s4 6 8 6M5 5h.01M12 13V6m0 0 3 2-3 2",
	patients: "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9a6 6 0 0 1 12 0M16 4.5a3.5 3.5 0 0 1 0 6.5m2 3.5a6 6 0 0 1 3 5.5",
	read: "M4 6h16v10a2 2 0 0 1-2 2H9l-5 3V6Zm4 4h8m-8 4h5",
	work: "M5 6l1.5 1.5L9 5M5 12l1.5 1.5L9 11M5 18l1.5 1.5L9 17M12 6.5h8M12 12.5h8M12 18.5h8",
	sync: "M4 12a8 8 0 0 1 14-5l2 2m0-5v5h-5M20 12a8 8 0 0 1-14 5l-2-2m0 5v-5h5",
	team: "M12 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-7 9a7 7 0 0 1 14 0",
	more: "M4 6h16M4 12h16M4 18h16",
	back: "M15 5l-7 7 7 7",
	next: "M9 5l7 7-7 7",
	lock: "M6 11h12v9H6zM9 11V8a3 3 0 0 1 6 0v3",
	key: "M14 10a4 4 0 1 1-1.2-2.8L21 15v3h-3v-2h-2v-2l-2-1.6M9 10h.01",
	unplugged: "M9 4v4m6-4v4M7 8h10v3a5 5 0 0 1-5 5 5 5 0 0 1-5-5V8Zm5 8v5M3 3l18 18",
	play: "M7 4l13 8-13 8z",
	stop: "M6 6h12v12H6z",
	check: "M4 12.5l5 5L20 6.5",
	plus: "M12 4v16M4 12h16",
	search: "M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14Zm5-2 5 5",
	alert: "M12 3 2 20h20L12 3Zm0 7v4m0 3h.01",
	phone: "M6 3h4l2 5-3 2a12 12 0 0 0 5 5l2-3 5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 4 5a2 2 0 0 1 2-2Z",
	door: "M6 21V3h12v18M3 21h18M14 12h.01",
	pin: "M12 21s7-6.5 7-11a7 7 0 0 0-14 0c0 4.5 7 11 7 11Zm0-8.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Z",
	devices: "M4 5h12v9H4zM2 18h10M16 9h5v11h-5z",
	only: "M7 3h10v18H7zM11 18h2",
	up: "M12 20V5m-6 6 6-6 6 6",
	down: "M12 4v15m6-6-6 6-6-6",
	week: "M4 6h16v14H4zM4 10h16M8 3v4m8-4v4M8 14h.01M12 14h.01M16 14h.01M8 17h.01M12 17h.01",
	message: "M4 5h16v11H9l-5 4V5Zm4 4h8m-8 3h5",
	meeting: "M8 10a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5Zm8 0a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM3 19a5 5 0 0 1 9-3 5 5 0 0 1 9 3",
	rules: "M6 3h9l4 4v14H6zM14 3v5h5M9 12h7m-7 3h7m-7 3h4",
	book: "M5 4h12a2 2 0 0 1 2 2v14H7a2 2 0 0 1-2-2V4Zm0 14a2 2 0 0 1 2-2h12M9 8h6",
	clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3.5 2",
	conflict: "M12 4v16M4 8l4 4-4 4m16-8-4 4 4 4",
	same: "M5 9h14M5 15h14",
	bill: "M6 3h12v18l-3-2-3 2-3-2-3 2V3Zm3 6h6m-6 4h6",
	chart: "M4 20h16M7 17v-5m5 5V6m5 11V9",
	survey: "M7 4h10v17H7zM10 4V3h4v1m-4 6 1.5 1.5L14 9m-4 6h4",
	stamp: "M9 13c1-2-1-4-1-6a4 4 0 0 1 8 0c0 2-2 4-1 6M5 13h14v4H5zm0 7h14",
	camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z",
};

export function Icon({ name, size = 24 }: { name: string; size?: number }) {
	return (
		<svg class="icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
			<path d={PATHS[name] ?? ""} fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" stroke-linejoin="round" />
		</svg>
	);
}
