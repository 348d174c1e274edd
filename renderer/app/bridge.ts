/** What preload put on the window. Its only user is the composition root. */
import type { Bridge } from "../../electron/ipc.ts";

declare global {
  interface Window {
    readonly deckle: Bridge;
  }
}

export type { Bridge };
export const bridge: Bridge = window.deckle;
