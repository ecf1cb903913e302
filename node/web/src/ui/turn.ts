/* A long list whose first rows are painted before the others are made: what is in the window is there at once. */
import { useEffect, useState } from "preact/hooks";

/** How many of `count` are to be drawn: `first` at first, all once those were painted. */
export function useInTurn(count: number, first = 6): number {
	const [all, setAll] = useState(false);
	useEffect(() => {
		let timer: ReturnType<typeof setTimeout> | undefined;
		const frame = requestAnimationFrame(() => {
			timer = setTimeout(() => setAll(true));
		});
		return () => {
			cancelAnimationFrame(frame);
			clearTimeout(timer);
		};
	}, []);
	return all ? count : Math.min(first, count);
}
