/* The program does not answer; or this tab is not one that it knows. */
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../ui/icons";
import { t } from "../words";

function Page({ title, children, icon }: { title: string; icon: string; children: preact.ComponentChildren }) {
	const heading = useRef<HTMLHeadingElement>(null);
	useEffect(() => heading.current?.focus(), []);
	return (
		<main class="whole" role="main">
			<Icon name={icon} size={40} />
			<h1 ref={heading} tabIndex={-1}>
				{title}
			</h1>
			{children}
		</main>
	);
}

export function Gone() {
	return (
		<Page title={t("start.gone.title")} icon="unplugged">
			<p role="alert">{t("start.gone.safe")}</p>
			<p>{t("start.gone.do")}</p>
			<pre>releve run</pre>
			<p class="quiet">{t("start.gone.again")}</p>
		</Page>
	);
}

export function Stranger() {
	return (
		<Page title={t("start.stranger.title")} icon="key">
			<p role="alert">{t("start.stranger.why")}</p>
			<p>{t("start.stranger.do")}</p>
			<pre>cat ~/.local/share/releve/web.url</pre>
		</Page>
	);
}
