import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

const WORDS = fileURLToPath(new URL("./src/words", import.meta.url));

/** The catalogues as three columns: names of words, French, English. As a table each name stands once, and alike stands beside alike: 12 kB less of 200. */
function words(): Plugin {
	const id = "\0words";
	const read = (file: string, lang: string): Record<string, string> => JSON.parse(readFileSync(join(WORDS, `${file}.${lang}.json`), "utf8"));
	return {
		name: "words",
		resolveId: (source) => (source === "words:all" ? id : undefined),
		load(source) {
			if (source !== id) return undefined;
			const rows: string[][] = [];
			for (const file of readdirSync(WORDS).flatMap((name) => /^(.+)\.fr\.json$/.exec(name)?.[1] ?? []).sort()) {
				for (const lang of ["fr", "en"]) this.addWatchFile(join(WORDS, `${file}.${lang}.json`));
				const english = read(file, "en");
				for (const [key, french] of Object.entries(read(file, "fr"))) rows.push([`${file}.${key}`, french, english[key] ?? french]);
			}
			return `export default ${JSON.stringify([0, 1, 2].map((column) => rows.map((row) => row[column])))};`;
		},
	};
}

/* One script and one style sheet: their hashes stand in index.html (build.py), which is never kept. The build folder is build.py's. */
export default defineConfig({
	base: "/",
	plugins: [words()],
	esbuild: { jsx: "automatic", jsxImportSource: "preact", legalComments: "none" },
	build: {
		outDir: process.env.RELEVE_WEB_OUT ?? "dist",
		emptyOutDir: true,
		target: "es2021",
		cssCodeSplit: false,
		modulePreload: false,
		assetsInlineLimit: 0,
		reportCompressedSize: false,
		rollupOptions: { output: { inlineDynamicImports: true } },
	},
});
