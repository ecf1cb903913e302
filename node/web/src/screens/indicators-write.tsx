/* What is written for facilitators, month by month and year by year: without what few people are, and never the same period twice. */
import { useState } from "preact/hooks";
import { ApiError, ask } from "../api/client";
import { useBilling, holderName } from "../api/billing";
import { useRows } from "../api/indicators";
import { touchAll } from "../api/store";
import type { Words } from "../api/types";
import type { Screen } from "../router";
import { useStatus } from "../session";
import { thisMonth } from "../ui/billing-parts";
import { ErrorNotice, Notice } from "../ui/notice";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";
import { monthOf } from "../words/dates";
import { addMonths, capital } from "../words/money";

const MONTHS = 12;
const YEARS = 3;

interface Verdict extends Words {
	same: boolean;
	checked: number;
}

function Period({ period, name, written, may }: { period: string; name: string; written: boolean; may: boolean }) {
	const [said, setSaid] = useState("");
	const [good, setGood] = useState(true);
	const [error, setError] = useState<ApiError>();
	const [busy, setBusy] = useState(false);
	async function doing(work: () => Promise<void>): Promise<void> {
		setBusy(true);
		setError(undefined);
		setSaid("");
		await work().catch((problem: unknown) => problem instanceof ApiError && setError(problem));
		setBusy(false);
	}
	async function write(): Promise<void> {
		const reply = await ask<{ tables?: number; unchanged?: boolean }>("POST", `/api/indicators/${period}`, {});
		setGood(true);
		setSaid(reply.unchanged ? t("write.unchanged") : tn("write.done", reply.tables ?? 0));
		touchAll();
	}
	async function verify(): Promise<void> {
		const verdict = await ask<Verdict>("GET", `/api/indicators/verify/${period}`);
		setGood(verdict.same);
		setSaid(say(verdict));
	}
	return (
		<li>
			<div class="line">
				<span class="line-text">
					<strong>{name}</strong>
					<span class={`tag ${written ? "good" : ""}`}>{written ? t("write.written") : t("write.notWritten")}</span>
				</span>
				<span class="tight end">
					{may ? <button type="button" disabled={busy} onClick={() => void doing(write)}>{busy ? t("base.saving") : written ? t("write.again") : t("write.do")}</button> : null}
					{written ? <button type="button" class="plain" disabled={busy} onClick={() => void doing(verify)}>{t("write.verify")}</button> : null}
				</span>
			</div>
			{error || said ? <div class="line-more">{error ? <ErrorNotice error={error} /> : <Notice kind={good ? "good" : "bad"} live>{said}</Notice>}</div> : null}
		</li>
	);
}

function WriteView() {
	const self = useStatus()?.device;
	const billing = useBilling().data;
	const may = !billing?.holder || billing.holder.device === self;
	const last = addMonths(thisMonth(), -1);
	const first = addMonths(last, 1 - MONTHS);
	const lastYear = Number(thisMonth().slice(0, 4)) - 1;
	const months = useRows("", `indicator=practice.nurses&stratum=all&from=${first}&to=${last}`);
	const years = useRows("", `indicator=practice.nurses&stratum=all&period=year&from=${lastYear - YEARS + 1}&to=${lastYear}`);
	return (
		<ScreenFrame title={t("write.title")} backTo="/indicators">
			<p>{t("write.what")}</p>
			{may ? null : <Notice kind="calm">{t("write.otherDoes", { name: holderName(billing?.holder) })}</Notice>}
			<section class="tight">
				<h2>{t("indicators.byMonth")}</h2>
				<Loaded from={months}>
					{(data) => <ul class="rows">{Array.from({ length: MONTHS }, (_, i) => addMonths(last, -i)).map((month) => <Period key={month} period={month} name={capital(monthOf(month))} written={!data.missing.includes(month)} may={may} />)}</ul>}
				</Loaded>
			</section>
			<section class="tight">
				<h2>{t("indicators.byYear")}</h2>
				<Loaded from={years}>
					{(data) => <ul class="rows">{Array.from({ length: YEARS }, (_, i) => String(lastYear - i)).map((year) => <Period key={year} period={year} name={year} written={!data.missing.some((month) => month.startsWith(year))} may={may} />)}</ul>}
				</Loaded>
			</section>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/indicators/write", view: WriteView, under: "/indicators" };
