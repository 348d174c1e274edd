/** From an edit until the status line says that it is saved on this device, by the window's own clock. */
import { coalesceAloneMs } from "../../../../renderer/engine/limits.ts";
import { figures } from "../../report.ts";
import { benchPage, savedAfterMs, whenSaved } from "../page.ts";
import { inApp, inFolder } from "../profiles.ts";
import type { Measure } from "../row.ts";

const warmUps = 3;

export const durable: Measure = ({ quick }) =>
  inFolder((dataDir) =>
    inApp({ dataDir }, async ({ page }) => {
      await benchPage(page);
      await whenSaved(page);
      const samples: number[] = [];
      for (let i = -warmUps; i < (quick ? 20 : 100); i++) {
        const tookMs = await savedAfterMs(page);
        if (i >= 0) samples.push(tookMs);
      }
      return {
        rows: [
          { name: "Deckle", operation: "edit to saved", unit: "ms", ...figures(samples) },
          {
            name: "Deckle",
            operation: "edit to saved, past the coalescing window",
            unit: "ms",
            ...figures(samples.map((tookMs) => tookMs - coalesceAloneMs)),
            remark: `the window is ${coalesceAloneMs} ms alone`,
          },
        ],
      };
    }),
  );
