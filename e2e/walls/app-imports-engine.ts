/** In renderer/app: the window reaches the engine through its port only. */
export { RelayLink } from "../../renderer/engine/relay-link.ts";
