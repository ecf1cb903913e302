/* What this device and this browser are set to; its address, its backup, its passphrase; which program this is. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { useData } from "../api/store";
import { deviceNumber, type Settings } from "../api/team";
import { look, SCHEMES, SIZES } from "../look";
import type { Screen } from "../router";
import { useStatus } from "../session";
import { Backup } from "../ui/backup";
import { Copy } from "../ui/copy";
import { Choices } from "../ui/inputs";
import { ErrorNotice } from "../ui/notice";
import { Passphrase } from "../ui/passphrase";
import { Qr } from "../ui/qr";
import { Relays } from "../ui/relays";
import { Loaded, ScreenFrame } from "../ui/screen";
import { language, speak, t, tn, type Lang } from "../words";

interface Address {
	addresses: { address: string; code: string }[];
	code: string;
	qr: string;
}

const MINUTES = ["0", "5", "15", "30", "60"] as const;

function Look() {
	const [, draw] = useState(0);
	const choose = (what: "size" | "scheme", value: string): void => {
		look.set(what, value);
		draw(Date.now());
	};
	return (
		<section class="card stack">
			<h2>{t("settings.look")}</h2>
			<Choices id="language" label={t("more.language")} options={[{ value: "fr", text: "Français" }, { value: "en", text: "English" }]} value={language()} onChoose={(lang) => speak(lang as Lang)} />
			<Choices id="size" label={t("settings.size")} options={SIZES.map((value) => ({ value, text: t(`settings.sizes.${value}`) }))} value={look.size()} onChoose={(value) => choose("size", value)} />
			<Choices id="scheme" label={t("settings.scheme")} options={SCHEMES.map((value) => ({ value, text: t(`settings.schemes.${value}`) }))} value={look.scheme()} onChoose={(value) => choose("scheme", value)} />
		</section>
	);
}

function Lock({ settings, onSet }: { settings: Settings; onSet: () => void }) {
	const [error, setError] = useState<ApiError>();
	const now = String(settings.lockAfterMinutes);
	const options = [...new Set([...MINUTES, now])].sort((a, b) => Number(a) - Number(b));
	async function set(value: string): Promise<void> {
		setError(undefined);
		try {
			await ask("POST", "/api/settings", { lockAfterMinutes: Number(value) });
			onSet();
		} catch (problem) {
			if (problem instanceof ApiError) setError(problem);
		}
	}
	return (
		<section class="card stack">
			<h2>{t("settings.lock")}</h2>
			<p>{t("settings.lockWhat")}</p>
			<Choices id="lock" label={t("settings.lockAfter")} options={options.map((value) => ({ value, text: value === "0" ? t("settings.never") : tn("settings.minutes", Number(value)) }))} value={now} onChoose={(value) => void set(value)} />
			{settings.lockAtMostSeconds ? <p class="quiet">{tn("settings.lockAtMost", Math.ceil(settings.lockAtMostSeconds / 60))}</p> : null}
			{error ? <ErrorNotice error={error} /> : null}
		</section>
	);
}

function Where({ settings }: { settings: Settings }) {
	const from = useData<Address>("/api/address", []);
	return (
		<details class="card">
			<summary>{t("settings.address")}</summary>
			<div class="stack">
				<p>{t("settings.addressWhat")}</p>
				<Loaded from={from}>
					{(own) => (
						<>
							{own.addresses.map((one) => <Copy key={one.address} text={`${one.address}\n${one.code}`} label={t("settings.address")} />)}
							<Qr drawing={own.qr} label={t("settings.addressQr")} />
						</>
					)}
				</Loaded>
				{settings.listening ? <p class="quiet">{t("settings.listening")} <span class="number">{settings.listening}</span>. {t("settings.listeningChange")}</p> : <p>{t("settings.notListening")}</p>}
			</div>
		</details>
	);
}

function About({ settings, device }: { settings: Settings; device: string | undefined }) {
	const { records, exchange, file } = settings.formats;
	return (
		<section class="card stack">
			<h2>{t("settings.about")}</h2>
			<dl class="facts">
				<dt>{t("settings.version")}</dt>
				<dd>Relève {settings.version}</dd>
				<dt>{t("settings.formats")}</dt>
				<dd>{t("settings.formatsWhat", { records, exchange, file })}</dd>
				<dt>{t("settings.device")}</dt>
				<dd class="number">{device ? deviceNumber(device) : ""}</dd>
			</dl>
			<p class="quiet">{t("settings.aboutWhat")}</p>
		</section>
	);
}

function SettingsView() {
	const from = useData<Settings>("/api/settings", []);
	const status = useStatus();
	return (
		<ScreenFrame title={t("settings.title")} backTo="/more">
			<Look />
			<Loaded from={from}>
				{(settings) => (
					<>
						<Lock settings={settings} onSet={from.reload} />
						<Passphrase />
						<Backup last={settings.backup} onDone={from.reload} />
						<Where settings={settings} />
						<Relays peers={status?.peers ?? []} />
						<About settings={settings} device={status?.device} />
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/settings", view: SettingsView, under: "/more", more: { order: 98, label: "settings.title", icon: "key" } };
