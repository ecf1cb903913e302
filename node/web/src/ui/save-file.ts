/* What leaves the device as a file, into the browser's folder of downloads. */
const TYPES: Record<string, string> = { csv: "text/csv", json: "application/json", ndjson: "application/x-ndjson", html: "text/html" };

export function saveFile(name: string, text: string): void {
	const type = TYPES[name.split(".").pop() ?? ""] ?? "text/plain";
	const address = URL.createObjectURL(new Blob([text], { type: `${type};charset=utf-8` }));
	const link = document.createElement("a");
	link.href = address;
	link.download = name;
	document.body.append(link);
	link.click();
	link.remove();
	setTimeout(() => URL.revokeObjectURL(address), 60000);
}
