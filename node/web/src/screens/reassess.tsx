/* Whose problems are to be assessed again, the oldest date first: before a meeting, or to prepare a week. */
import { useData } from "../api/store";
import type { Words } from "../api/types";
import { place, type Screen } from "../router";
import { Icon } from "../ui/icons";
import { Loaded, ScreenFrame } from "../ui/screen";
import { say, t, tn } from "../words";

interface Item extends Words {
	id: string;
	urgency: string;
	day?: string;
	patient?: { id: string; name: string };
}

function ReassessView() {
	const mine = place().query.get("mine") === "1";
	const from = useData<{ items: Item[]; total: number }>(`/api/work?type=reassess&limit=500${mine ? "&mine=1" : ""}`, ["news", "work"]);
	return (
		<ScreenFrame title={t("reassess.title")} under={t("reassess.what")} backTo="/more">
			<div class="row tabs">
				<a class="button" aria-current={mine ? undefined : "true"} href="#/reassess">{t("reassess.all")}</a>
				<a class="button" aria-current={mine ? "true" : undefined} href="#/reassess?mine=1">{t("reassess.mine")}</a>
			</div>
			<Loaded from={from}>
				{({ items, total }) => (
					<>
						<p class="quiet" role="status">{tn("reassess.count", total)}</p>
						{items.length === 0 ? <div class="empty card"><Icon name="check" size={40} /><p>{t("reassess.none")}</p></div> : null}
						<ul class="rows">
							{[...items].sort((a, b) => (a.day ?? "").localeCompare(b.day ?? "")).map((item) => (
								<li key={item.id}>
									<a class="line" href={`#/patients/${item.patient?.id}/plan`}>
										<span class="line-text"><strong>{item.patient?.name}</strong><span class="small">{say(item)}</span></span>
										{item.urgency === "now" ? <span class="tag warn">{t("reassess.late")}</span> : null}
										<Icon name="next" size={20} />
									</a>
								</li>
							))}
						</ul>
					</>
				)}
			</Loaded>
		</ScreenFrame>
	);
}

export const screen: Screen = { path: "/reassess", view: ReassessView, under: "/more", more: { order: 10, label: "reassess.title", icon: "work", roles: ["nurse", "billing", "locum", "reader"] } };
