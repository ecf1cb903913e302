import { render } from "preact";
import { App } from "./app";
import { applyLook } from "./look";

applyLook();
const root = document.getElementById("app");
if (root) {
	root.replaceChildren();
	render(<App />, root);
}
