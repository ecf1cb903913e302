/* Photos of a wound, drawn by the browser, with what a camera writes beside the picture. */

export const CANARY = "47N02.5521W-chez-Mme-Le-Goff";

/** A JPEG of a leg with a wound of so many centimetres beside a ruler, with EXIF: its place, and a comment. */
export async function woundPhoto(page, length, width, { noise = 40 } = {}) {
	const base64 = await page.evaluate(
		([long, wide, grain]) => {
			const canvas = document.createElement("canvas");
			[canvas.width, canvas.height] = [900, 1200];
			const draw = canvas.getContext("2d");
			const skin = draw.createLinearGradient(0, 0, 900, 0);
			for (const [at, colour] of [[0, "#b98a6e"], [0.35, "#e2b798"], [0.7, "#d3a384"], [1, "#9d7159"]]) skin.addColorStop(at, colour);
			draw.fillStyle = skin;
			draw.fillRect(0, 0, 900, 1200);
			const cm = 110;
			for (const [size, colour] of [[1.35, "#c98873"], [1.15, "#b8584c"], [1, "#8e2f2c"], [0.7, "#a8433a"], [0.35, "#d9b45b"]]) {
				draw.fillStyle = colour;
				draw.beginPath();
				draw.ellipse(430, 560, (wide * cm * size) / 2, (long * cm * size) / 2, 0.2, 0, 7);
				draw.fill();
			}
			draw.fillStyle = "#fdfdf6";
			draw.fillRect(760, 90, 90, 1020);
			draw.fillStyle = "#222";
			for (let i = 0; i <= 90; i++) draw.fillRect(760, 100 + (i * cm) / 10, i % 10 ? 22 : 44, 3);
			const pixels = draw.getImageData(0, 0, 900, 1200);
			let state = 1;
			for (let i = 0; i < pixels.data.length; i++) {
				state = (state * 1103515245 + 12345) % 2147483648;
				if (i % 4 < 3) pixels.data[i] += ((state >> 16) % grain) - grain / 2;
			}
			draw.putImageData(pixels, 0, 0);
			return canvas.toDataURL("image/jpeg", 0.95).split(",")[1];
		},
		[length, width, noise],
	);
	const plain = Buffer.from(base64, "base64");
	const tiff = Buffer.concat([Buffer.from("Exif\0\0II*\0"), Buffer.from([8, 0, 0, 0, 0, 0, 0, 0, 0, 0]), Buffer.from(CANARY)]);
	const segment = (marker, content) => Buffer.concat([Buffer.from([0xff, marker, (content.length + 2) >> 8, (content.length + 2) & 255]), content]);
	return Buffer.concat([plain.subarray(0, 2), segment(0xe1, tiff), segment(0xfe, Buffer.from(CANARY)), plain.subarray(2)]);
}

/** A JPEG of a prescription on paper. */
export async function paperPhoto(page, lines) {
	const base64 = await page.evaluate((written) => {
		const canvas = document.createElement("canvas");
		[canvas.width, canvas.height] = [900, 1200];
		const draw = canvas.getContext("2d");
		draw.fillStyle = "#6d5b4a";
		draw.fillRect(0, 0, 900, 1200);
		draw.fillStyle = "#f6f4ec";
		draw.fillRect(60, 60, 780, 1080);
		draw.fillStyle = "#1b2a4a";
		written.forEach((line, i) => {
			draw.font = `${i ? 30 : 40}px serif`;
			draw.fillText(line, 120, 160 + i * 80);
		});
		return canvas.toDataURL("image/jpeg", 0.9).split(",")[1];
	}, lines);
	return Buffer.from(base64, "base64");
}

/** A photo saved through the interface, as another device would have; its id. */
export async function savePhoto(device, patient, bytes, fields) {
	const send = (path, body) => fetch(`http://127.0.0.1:${device.web}${path}`, { method: "POST", headers: { Authorization: `Bearer ${device.token}` }, body });
	const { upload } = await (await send("/api/photos/pieces", bytes)).json();
	const saved = await device.saves(`/api/patients/${patient}/photos`, { ...fields, upload });
	return saved.id;
}

/** What is kept of a photo, whole. */
export async function keptPhoto(device, patient, photo) {
	const parts = [];
	for (let count = 1; parts.length < count; ) {
		const piece = await device.want(200, "GET", `/api/patients/${patient}/photos/${photo}/pieces/${parts.length}`);
		parts.push(Buffer.from(piece.data, "base64"));
		count = piece.pieces;
	}
	return Buffer.concat(parts);
}
