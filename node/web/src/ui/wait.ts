/* Seconds until the next try, counted down: after wrong passphrases. */
import { useEffect, useState } from "preact/hooks";

const SECOND_MS = 1000;

export function useWait(): [number, (ms: number) => void] {
	const [until, setUntil] = useState(0);
	const [, draw] = useState(0);
	useEffect(() => {
		if (until <= Date.now()) return;
		const timer = setInterval(() => {
			draw(Date.now());
			if (until <= Date.now()) clearInterval(timer);
		}, SECOND_MS);
		return () => clearInterval(timer);
	}, [until]);
	return [Math.max(0, Math.ceil((until - Date.now()) / SECOND_MS)), (ms) => setUntil(Date.now() + ms)];
}
