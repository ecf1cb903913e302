import { defineConfig } from "vite";

/* One script and one style sheet: their hashes stand in index.html (build.py), which is never kept. The build folder is build.py's. */
export default defineConfig({
	base: "/",
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
