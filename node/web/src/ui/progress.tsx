/* Something takes time: said in words, with numbers as soon as there are some; nothing is shown at all for what is quick. */
import { useEffect, useState } from "preact/hooks";
import { t } from "../words";

const QUICK_MS = 250;

export function Progress({ text, done, of }: { text: string; done?: number; of?: number }) {
	const [seconds, setSeconds] = useState(-1);
	useEffect(() => {
		const began = Date.now();
		const first = setTimeout(() => setSeconds(0), QUICK_MS);
		const timer = setInterval(() => setSeconds(Math.floor((Date.now() - began) / 1000)), 1000);
		return () => {
			clearTimeout(first);
			clearInterval(timer);
		};
	}, []);
	const known = done !== undefined && of !== undefined && of > 0;
	if (seconds < 0 && !known) return <p class="progress" aria-hidden="true">&nbsp;</p>;
	return (
		<div class="progress" role="status">
			<p>
				{text} {known ? t("base.of", { done: done.toLocaleString(), of: of.toLocaleString() }) : seconds > 0 ? t("base.seconds", { n: seconds }) : ""}
			</p>
			{known ? <progress value={done} max={of} aria-label={text} /> : null}
		</div>
	);
}
