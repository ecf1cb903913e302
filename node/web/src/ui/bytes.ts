import { language, t } from "../words";

/** "12,4 Mo", "310 ko" */
export function megabytes(bytes: number): string {
	const inMb = bytes >= 1e6;
	const number = (inMb ? bytes / 1e6 : bytes / 1e3).toLocaleString(language(), { maximumFractionDigits: inMb ? 1 : 0 });
	return t(inMb ? "copy.mb" : "copy.kb", { n: number });
}
