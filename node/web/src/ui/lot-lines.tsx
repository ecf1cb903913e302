/* The lines of a lot, each explained when it is opened: minutes, rate, rounding, why it is there. */
import { useState } from "preact/hooks";
import { nurseOf, patientOf, type Explained, type Line, type Lot, type Names } from "../api/billing";
import { useData } from "../api/store";
import { say, t, tn } from "../words";
import { clock, duration, monthOf, shortDay } from "../words/dates";
import { euros } from "../words/money";
import { KINDS } from "./billing-parts";
import { Loaded } from "./screen";

const PAGE = 25;

function Explanation({ lot, line, names }: { lot: Lot; line: Line; names: Names | undefined }) {
	const from = useData<{ lines: Explained[] }>(`/api/billing/explain?lot=${lot.lot}&line=${line.line}`, []);
	return (
		<Loaded from={from}>
			{({ lines }) =>
				lines.map((one) => (
					<div key={one.line} class="stack">
						<ul class="tight">
							{one.visits.map((visit) => (
								<li key={visit.visit} class="small">
									{shortDay(visit.start)} {clock(visit.start)}–{clock(visit.end)} · {nurseOf(names, visit.nurse)} · <a class="touch" href={`#/patients/${line.patient}/visits/${visit.visit}/correct`}>{t("billing.correctVisit")}</a>
								</li>
							))}
						</ul>
						<ol class="bullets">{one.steps.map((step, index) => <li key={index}>{say(step)}</li>)}</ol>
						{one.stands ? null : <p class="tag warn">{t("lots.takenBack")}</p>}
					</div>
				))
			}
		</Loaded>
	);
}

function LineRow({ lot, line }: { lot: Lot; line: Line }) {
	const [open, setOpen] = useState(false);
	const first = line.visits[0];
	return (
		<li>
			<details onToggle={(event) => setOpen(event.currentTarget.open)}>
				<summary class="line">
					<span class="line-text">
						<strong>{patientOf(lot.names, line.patient)}</strong>
						<span class="quiet small">
							{first && line.visits.length === 1 ? `${shortDay(first.start)} ${clock(first.start)}` : monthOf(line.month)} · {tn("billing.visitCount", line.visits.length)} · {duration(Math.abs(line.minutes))}
						</span>
						{line.kind === "normal" ? null : <span class={`tag${line.kind === "credit" ? " warn" : ""}`}>{t(`lots.line.${line.kind}`)}</span>}
					</span>
					<span class="amount">{euros(line.cents)}</span>
				</summary>
				<div class="line-more">{open ? <Explanation lot={lot} line={line} names={lot.names} /> : null}</div>
			</details>
		</li>
	);
}

export function LotLines({ lot }: { lot: Lot }) {
	const [shown, setShown] = useState(PAGE);
	const [kind, setKind] = useState("");
	const there = KINDS.filter((one) => lot.lines.some((line) => line.kind === one));
	const lines = lot.lines.filter((line) => !kind || line.kind === kind);
	return (
		<div class="stack">
			{there.length > 1 ? (
				<div class="row" role="group" aria-label={t("lots.kinds")}>
					<button type="button" aria-pressed={kind === ""} class={kind === "" ? "primary" : ""} onClick={() => setKind("")}>{t("lots.allKinds")}</button>
					{there.map((one) => <button key={one} type="button" aria-pressed={kind === one} class={kind === one ? "primary" : ""} onClick={() => setKind(one)}>{t(`billing.kind.${one}`)}</button>)}
				</div>
			) : null}
			<p class="quiet small">{tn("billing.lineCount", lines.length)} · {t("lots.tapLine")}</p>
			<ul class="rows lot-lines">{lines.slice(0, shown).map((line) => <LineRow key={line.line} lot={lot} line={line} />)}</ul>
			{lines.length > shown ? <button type="button" class="wide-button" onClick={() => setShown(shown + 4 * PAGE)}>{t("billing.moreShown", { shown, total: lines.length })}</button> : null}
		</div>
	);
}
