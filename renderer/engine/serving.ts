/** Between a window's port and an engine that may still be starting. */
import type { Engine } from "./engine.ts";
import type { FromEngine, FromWindow } from "./port.ts";

/** A worker's end of a window's channel. */
export type WindowPort = Pick<MessagePort, "onmessage" | "postMessage" | "addEventListener">;

/**
 * Gives a window what the engine says, and the engine what the window says, from its first word on. A window that ends
 * without a word still lets go of its documents, also if it does so before there is an engine.
 * @returns rejects where the engine does not start
 */
export async function serve(port: WindowPort, started: Promise<Pick<Engine, "connect">>): Promise<void> {
  const early: FromWindow[] = [];
  let receive = (message: FromWindow): void => void early.push(message);
  port.onmessage = ({ data }: MessageEvent<FromWindow>) => receive(data);
  port.addEventListener("close", () => receive({ type: "bye" }));
  const engine = await started;
  receive = engine.connect((message: FromEngine) => port.postMessage(message));
  for (const message of early) receive(message);
}
