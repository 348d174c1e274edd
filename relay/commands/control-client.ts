/**
 * Asks the relay that runs on a data folder, if one does. The file's lock tells whether it runs; the socket alone does not:
 * a killed relay leaves one behind, which then refuses.
 */
import { connect } from "node:net";
import { controlAnswer, controlPath, type ControlAnswer, type ControlRequest } from "../server/control.ts";

/** `undefined`: no relay answers there. */
export function askRelay(dataFolder: string, request: ControlRequest): Promise<ControlAnswer | undefined> {
  const path = controlPath(dataFolder);
  if (path === undefined) return Promise.resolve(undefined);
  return new Promise((resolve) => {
    const socket = connect(path);
    let isConnected = false;
    let text = "";
    socket.setEncoding("utf8");
    socket.on("connect", () => {
      isConnected = true;
      socket.write(`${JSON.stringify(request)}\n`);
    });
    socket.on("data", (more: string) => void (text += more));
    socket.on("error", (error) => {
      const code = "code" in error ? error.code : undefined;
      if (code === "EACCES")
        resolve({
          ok: false,
          reason: "a relay runs on this folder as another user: run this as that user, or as root",
        });
      else
        resolve(
          isConnected ? { ok: false, reason: `the relay did not answer (${error.message})` } : undefined,
        );
    });
    socket.on("close", () => {
      const parsed = controlAnswer.safeParse(fromJson(text));
      resolve(
        parsed.success ? parsed.data : { ok: false, reason: "the relay stopped before it had answered" },
      );
    });
  });
}

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
