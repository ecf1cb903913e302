/* Which of the whole-page states one is in: no token, no program, locked, no team yet, or at work. */
import { useEffect, useReducer, useRef } from "preact/hooks";
import { takeToken } from "./api/client";
import { go, navigationOf, place } from "./router";
import { look, useEverything, useStatus, watchLink } from "./session";
import { MakeDevice } from "./start/device";
import { FirstStart } from "./start/first";
import { Gone, Stranger } from "./start/gone";
import { HandedOver, useHanded } from "./start/handed";
import { Unlock } from "./start/unlock";
import { Layout } from "./ui/layout";
import { Progress } from "./ui/progress";
import { t } from "./words";

function usePlace(): ReturnType<typeof place> {
	const [, draw] = useReducer((n: number) => n + 1, 0);
	useEffect(() => {
		const moved = (): void => {
			/* a fresh address typed into a tab that is open brings another token */
			if (/^#[0-9a-f]{64}$/.test(location.hash)) location.reload();
			else draw(0);
		};
		addEventListener("hashchange", moved);
		return () => removeEventListener("hashchange", moved);
	}, []);
	return place();
}

function AtWork() {
	const here = usePlace();
	const main = useRef<HTMLElement>(null);
	const first = useRef(true);
	const role = useStatus()?.role;
	useEffect(() => {
		if (!here.screen) go(navigationOf(role)[0]?.path ?? "/more", true);
	}, [here.screen, role]);
	useEffect(() => {
		/* another screen: its heading is read out, and it begins at its top */
		if (!first.current) {
			scrollTo(0, 0);
			main.current?.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
		}
		first.current = false;
	}, [here.path]);
	const View = here.screen?.view;
	return (
		<Layout current={here.screen} mainRef={main}>
			{View ? <View key={here.path} params={here.params} /> : null}
		</Layout>
	);
}

function Opened() {
	const status = useStatus();
	if (!status) return <Progress text={t("base.opening")} />;
	if (status.locked) return <Shut />;
	if (!status.inTeam) return <FirstStart />;
	return <AtWork />;
}

/** A device that is locked, or one that is not there yet. */
function Shut() {
	const status = useStatus();
	return status?.absent ? <MakeDevice /> : <Unlock {...(status ? { status } : {})} />;
}

const hasToken = takeToken();
if (hasToken) {
	watchLink();
	void look();
}

export function App() {
	const state = useEverything();
	const handed = useHanded();
	if (!hasToken || state === "stranger") return <Stranger />;
	if (handed !== "no") return <HandedOver state={handed} />;
	if (state === "locked") return <Shut />;
	return (
		<>
			{state === "gone" ? <Gone /> : null}
			<div hidden={state === "gone"}>
				<Opened />
			</div>
		</>
	);
}
