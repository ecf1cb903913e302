/* What became of this device in the team, above every screen: its rights are gone, it is suspended or out, colleagues refuse it. Nothing is lost by that, and
 * somebody has to be called. */
import { useEffect, useRef } from "preact/hooks";
import type { Status } from "../api/types";
import { t } from "../words";
import { Notice } from "./notice";

function wordsOf(status: Status): string | undefined {
	if (status.state === "removed" || status.state === "void") return "removed";
	if (status.state === "suspended") return "suspended";
	if (status.state === "pending") return "pending";
	if (status.rightsOver) return "over";
	return status.notAccepted ? "refused" : undefined;
}

/** The role was changed while the page was open: what may be done changed with it, and that is said once. */
function useRoleBefore(role: string | undefined): string | undefined {
	const first = useRef(role);
	useEffect(() => {
		first.current ??= role;
	}, [role]);
	return first.current && role && first.current !== role ? first.current : undefined;
}

export function Standing({ status }: { status: Status | undefined }) {
	const before = useRoleBefore(status?.role);
	if (!status) return null;
	const what = wordsOf(status);
	if (what) return <Notice kind="bad" live><strong>{t(`standing.${what}.title`)}</strong> {t(`standing.${what}.do`)}</Notice>;
	if (!before) return null;
	return <Notice kind="warn" live>{t("standing.role", { role: t(`sync.role.${status.role ?? "none"}`) })}</Notice>;
}
