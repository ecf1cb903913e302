/* Photos and scans: their rows, a picture read piece by piece, a file sent piece by piece. A file goes from the page's memory to the program, and nowhere else. */
import { ask } from "./client";

export interface Photo {
	id: string;
	at: string;
	caption?: string;
	wound?: string;
	consent?: string;
	/** Of a document of several pages, each of them a photo. */
	page?: number;
	mediaType: string;
	bytes: number;
	width?: number;
	height?: number;
	/** How much of it is on this device. */
	pieces: number;
	received: number;
	complete: boolean;
	/** Devices that said that they have all of it. */
	otherDevices: number;
	relays: number;
	/** A small JPEG, in base64. */
	thumbnail?: string;
}

const PIECE_BYTES = 128 * 1024;

/** The number under which the program has the file; `told` hears how many bytes of it are there. */
export async function sendFile(file: Blob, told: (bytes: number) => void): Promise<number> {
	let upload = 0;
	for (let at = 0; at < file.size; at += PIECE_BYTES) {
		const query = upload ? `?upload=${upload}` : "";
		const reply = await ask<{ upload: number; bytes: number }>("POST", `/api/photos/pieces${query}`, file.slice(at, at + PIECE_BYTES));
		upload = reply.upload;
		told(reply.bytes);
	}
	return upload;
}

interface Piece {
	pieces: number;
	mediaType: string;
	data: string;
}

/** The whole picture; `told` hears how many of how many pieces are read. One that is not here is asked for, and refused with NOTFOUND. */
export async function readPhoto(patient: string, photo: string, told: (read: number, of: number) => void, signal: AbortSignal): Promise<Blob> {
	const parts: Uint8Array<ArrayBuffer>[] = [];
	let type = "";
	for (let count = 1; parts.length < count; ) {
		const piece = await ask<Piece>("GET", `/api/patients/${patient}/photos/${photo}/pieces/${parts.length}`, undefined, { signal });
		parts.push(Uint8Array.from(atob(piece.data), (letter) => letter.charCodeAt(0)));
		type = piece.mediaType;
		count = piece.pieces;
		told(parts.length, count);
	}
	return new Blob(parts, { type });
}
