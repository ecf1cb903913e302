/* The way to everything that has no place in the navigation; language, and locking the device. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { link } from "../api/link";
import { forget } from "../api/store";
import { furtherScreens, type Screen } from "../router";
import { useStatus } from "../session";
import { Icon } from "../ui/icons";
import { Choices } from "../ui/inputs";
import { ErrorNotice } from "../ui/notice";
import { ScreenFrame } from "../ui/screen";
import { language, speak, t, type Lang } from "../words";

function MoreView() {
	const role = useStatus()?.role;
	const [error, setError] = useState<ApiError>();
	async function lock(): Promise<void> {
		try {
			await ask("POST", "/api/lock", {});
			forget();
			link.set("locked");
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	const shown = furtherScreens.filter((screen) => !screen.more?.roles || (role && screen.more.roles.includes(role)));
	return (
		<ScreenFrame title={t("base.nav.more")}>
			<ul class="rows">
				{shown.map((screen) => (
					<li key={screen.path}>
						<a class="line" href={`#${screen.path}`}>
							<Icon name={screen.more?.icon ?? ""} />
							<span class="line-text"><strong>{t(screen.more?.label ?? "")}</strong></span>
							<Icon name="next" size={20} />
						</a>
					</li>
				))}
			</ul>
			<section class="card stack">
				<Choices id="language" label={t("more.language")} options={[{ value: "fr", text: "Français" }, { value: "en", text: "English" }]} value={language()} onChoose={(lang) => speak(lang as Lang)} />
			</section>
			<section class="card stack">
				<p>{t("more.lockWhat")}</p>
				{error ? <ErrorNotice error={error} /> : null}
				<button type="button" class="wide-button" onClick={() => void lock()}><Icon name="lock" size={20} /> {t("more.lock")}</button>
			</section>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/more", view: MoreView, nav: { order: 5, label: "base.nav.more", icon: "more" } };
