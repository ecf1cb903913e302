/** All catalogues (vite.config.ts): names of words, their French, their English. */
declare module "words:all" {
	const columns: [string[], string[], string[]];
	export default columns;
}
