/* A QR code from the node's drawing in half blocks: a character is two modules above one another, and a block is light. Dark on white in either scheme, as
 * cameras want it. */
import { useMemo } from "preact/hooks";

const LIGHT_ABOVE = "█▀";
const LIGHT_BELOW = "█▄";

function pathOf(drawing: string): { path: string; side: number } {
	const lines = drawing.split("\n").filter((line) => line !== "");
	const side = lines[0]?.length ?? 0;
	let path = "";
	lines.forEach((line, row) =>
		[...line].forEach((half, x) => {
			if (!LIGHT_ABOVE.includes(half)) path += `M${x} ${2 * row}h1v1h-1z`;
			if (!LIGHT_BELOW.includes(half) && 2 * row + 1 < side) path += `M${x} ${2 * row + 1}h1v1h-1z`;
		}),
	);
	return { path, side };
}

export function Qr({ drawing, label }: { drawing: string; label: string }) {
	const { path, side } = useMemo(() => pathOf(drawing), [drawing]);
	if (side === 0) return null;
	return (
		<svg class="qr" viewBox={`0 0 ${side} ${side}`} role="img" aria-label={label} shape-rendering="crispEdges">
			<rect width={side} height={side} fill="#fff" />
			<path d={path} fill="#000" />
		</svg>
	);
}
