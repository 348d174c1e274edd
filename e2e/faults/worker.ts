/** The engine's worker, which no page's session reaches: through the protocol of the browser itself. */
import type { RunningApp } from "../app.ts";

/** Runs an expression in each engine there is. @returns their targets: another engine is another target */
export async function inEngine(app: RunningApp, expression: string): Promise<string[]> {
  return app.app.evaluate(async ({ webContents }, code) => {
    const [contents] = webContents.getAllWebContents();
    if (!contents) return [];
    const devtools = contents.debugger;
    if (!devtools.isAttached()) devtools.attach("1.3");
    const answer = (await devtools.sendCommand("Target.getTargets", {
      filter: [{ type: "shared_worker", exclude: false }],
    })) as { targetInfos: { targetId: string; type: string }[] };
    const workers = answer.targetInfos.filter((each) => each.type === "shared_worker");
    for (const { targetId } of workers) {
      const { sessionId } = (await devtools.sendCommand("Target.attachToTarget", {
        targetId,
        flatten: true,
      })) as { sessionId: string };
      await devtools.sendCommand("Runtime.evaluate", { expression: code }, sessionId);
    }
    devtools.detach();
    return workers.map(({ targetId }) => targetId);
  }, expression);
}
