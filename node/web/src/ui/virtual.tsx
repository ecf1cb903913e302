/* A list too long to be drawn whole, in blocks of rows: those near the window are drawn, the others are room of their height. It scrolls with the page, so that
 * Home, End and space work; each row says its place among all. Heights are measured: rows may be as high as their text. */
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useReducer, useRef, useState } from "preact/hooks";

const ROW_REM = 4.5; /* until the first block was measured */
const MOVES = ["wheel", "touchmove", "keydown"];
const AHEAD = 1; /* windows above and below that are drawn as well */

interface Measured {
	heights: Map<number, number>;
	usual: number;
}

/* By the list's name: where one comes back to has the height that it had. */
const measured = new Map<string, Measured>();

function measuredOf(name: string, per: number): Measured {
	let one = measured.get(name);
	if (!one) {
		one = { heights: new Map(), usual: per * ROW_REM * parseFloat(getComputedStyle(document.documentElement).fontSize) };
		measured.set(name, one);
	}
	return one;
}

/** What a row is wrapped into: `place` from 0, `of` all. */
export function VirtualRow({ place, of, children }: { place: number; of: number; children: ComponentChildren }) {
	return (
		<div role="listitem" class="long-row" aria-posinset={place + 1} aria-setsize={of}>
			{children}
		</div>
	);
}

export interface Wanted {
	place: number;
}

interface Props {
	/** Of this list, for coming back to it. */
	name: string;
	label: string;
	count: number;
	/** Rows of a block. */
	per: number;
	/** A new object: the row of this place comes into the window, and is focused. */
	wanted?: Wanted | undefined;
	/** The rows of block `n`, each a VirtualRow; until they are there, something of this height. */
	block: (n: number, height: number) => ComponentChildren;
}

export function VirtualList({ name, label, count, per, wanted, block }: Props) {
	const [, draw] = useReducer((n: number) => n + 1, 0);
	const [range, setRange] = useState<[number, number]>([0, 0]);
	const list = useRef<HTMLDivElement>(null);
	const sizes = measuredOf(name, per);
	const blocks = Math.ceil(count / per);
	const heightOf = (n: number): number => sizes.heights.get(n) ?? (n === blocks - 1 ? (sizes.usual * (count - n * per)) / per : sizes.usual);
	const room = (from: number, to: number): number => {
		let sum = 0;
		for (let n = from; n < to; n++) sum += heightOf(n);
		return sum;
	};

	const look = (): void => {
		if (!list.current) return;
		const above = -list.current.getBoundingClientRect().top;
		const [top, bottom] = [above - AHEAD * innerHeight, above + (1 + AHEAD) * innerHeight];
		let [at, first] = [0, 0];
		while (first < blocks - 1 && at + heightOf(first) < top) at += heightOf(first++);
		let last = first;
		for (at += heightOf(first); last < blocks - 1 && at < bottom; at += heightOf(last)) last++;
		setRange((was) => (was[0] === first && was[1] === last ? was : [first, last]));
	};
	const now = useRef(look);
	now.current = look;

	useEffect(() => {
		let frame = 0;
		const scrolled = (): void => {
			frame ||= requestAnimationFrame(() => {
				frame = 0;
				now.current();
			});
		};
		addEventListener("scroll", scrolled, { passive: true });
		addEventListener("resize", scrolled);
		/* after the frame of the screen has put itself to the top: where this step of the history was left */
		const back = requestAnimationFrame(() => {
			const left = (history.state as { left?: number } | null)?.left;
			if (left !== undefined) scrollTo(0, left);
			now.current();
		});
		return () => {
			removeEventListener("scroll", scrolled);
			removeEventListener("resize", scrolled);
			cancelAnimationFrame(frame);
			cancelAnimationFrame(back);
		};
	}, []);
	useEffect(() => now.current(), [count]);

	const observer = useRef<ResizeObserver>();
	observer.current ??= new ResizeObserver((seen) => {
		for (const { target, contentRect } of seen) {
			const n = Number((target as HTMLElement).dataset.block);
			if (contentRect.height === 0) continue;
			if (sizes.heights.size === 0 && n < blocks - 1 && target.querySelector("[aria-posinset]")) sizes.usual = contentRect.height;
			sizes.heights.set(n, contentRect.height);
		}
		draw(0);
		now.current();
	});
	useEffect(() => () => observer.current?.disconnect(), []);

	/* to about where it is, then to the row itself once it is drawn; whoever scrolls on meanwhile is left alone */
	useLayoutEffect(() => {
		const rows = list.current;
		if (!wanted || !rows) return;
		const n = Math.floor(wanted.place / per);
		scrollTo(0, scrollY + rows.getBoundingClientRect().top + room(0, n) + (heightOf(n) * (wanted.place % per)) / per);
		now.current();
		const find = (): void => {
			const row = rows.querySelector<HTMLElement>(`[aria-posinset="${wanted.place + 1}"]`);
			if (!row) return;
			stop();
			row.scrollIntoView({ block: "start" });
			row.querySelector<HTMLElement>("a, button")?.focus({ preventScroll: true });
		};
		const seen = new MutationObserver(find);
		const stop = (): void => {
			seen.disconnect();
			for (const kind of MOVES) removeEventListener(kind, stop);
		};
		seen.observe(rows, { childList: true, subtree: true });
		for (const kind of MOVES) addEventListener(kind, stop, { passive: true });
		find();
		return stop;
	}, [wanted]);

	const [first, last] = range;
	const drawn = [];
	for (let n = first; n <= Math.min(last, blocks - 1); n++) drawn.push(n);
	return (
		<div role="list" aria-label={label} class="rows long" ref={list} onClickCapture={() => history.replaceState({ left: scrollY }, "")}>
			<div role="none" class="long-room" style={{ height: `${room(0, first)}px` }} />
			{drawn.map((n) => (
				<Block key={n} n={n} observer={observer.current}>
					{block(n, heightOf(n))}
				</Block>
			))}
			<div role="none" class="long-room" style={{ height: `${room(last + 1, blocks)}px` }} />
		</div>
	);
}

function Block({ n, observer, children }: { n: number; observer: ResizeObserver | undefined; children: ComponentChildren }) {
	const at = useRef<HTMLDivElement>(null);
	useEffect(() => {
		const one = at.current;
		if (one) observer?.observe(one);
		return () => {
			if (one) observer?.unobserve(one);
		};
	}, []);
	return (
		<div role="none" ref={at} data-block={n}>
			{children}
		</div>
	);
}
