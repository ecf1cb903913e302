/* The frame of a screen: its heading, the way back, what it is about. */
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { useData, type Data } from "../api/store";
import { back } from "../router";
import { t } from "../words";
import { Icon } from "./icons";
import { ErrorNotice } from "./notice";
import { Progress } from "./progress";

interface ScreenProps {
	title: string;
	beside?: ComponentChildren;
	under?: ComponentChildren;
	/** Where "back" leads when there is no step before. */
	backTo?: string;
	children: ComponentChildren;
}

export function ScreenFrame({ title, beside, under, backTo, children }: ScreenProps) {
	/* asked for from the first screen on: Loaded waits for it */
	useData("/api/schema", []);
	useEffect(() => {
		document.title = `${title} · Relève`;
	}, [title]);
	return (
		<>
			<header class="head">
				{backTo ? (
					<button type="button" class="round-button" aria-label={t("base.back")} onClick={() => back(backTo)}>
						<Icon name="back" />
					</button>
				) : null}
				<div class="head-text">
					<h1 tabIndex={-1}>{title}</h1>
					{under ? <div class="quiet">{under}</div> : null}
				</div>
				{beside}
			</header>
			{children}
		</>
	);
}

/** The data of a screen once it is there; how long that takes, or why it is not, until then. With the names of fields and choices, which nearly every
 * screen shows: nothing moves when they come. */
export function Loaded<T>({ from, children }: { from: Data<T>; children: (data: T) => ComponentChildren }) {
	const isNamed = !useData("/api/schema", []).loading;
	return (
		<>
			{from.error ? <ErrorNotice error={from.error} again={from.reload} /> : null}
			{from.data !== undefined && isNamed ? children(from.data) : from.loading || !isNamed ? <Progress text={t("base.reading")} /> : null}
		</>
	);
}
