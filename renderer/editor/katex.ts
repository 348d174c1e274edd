/** KaTeX with its look, in one piece that is loaded where there is a formula. */
import "katex/dist/katex.min.css";

export { render } from "katex";
