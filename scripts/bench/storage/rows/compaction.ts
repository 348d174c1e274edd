/** How long the engine is blocked by a letter in a document of 260,000 edits: one that has it compacted, and the next. */
import { setTimeout as sleep } from "node:timers/promises";
import { figures } from "../../report.ts";
import { keystrokesPerChange, Typist } from "../documents.ts";
import { benchPage, openDocument, savedAfterMs } from "../page.ts";
import { inApp, inFolder, makeProfile } from "../profiles.ts";
import type { Measure } from "../row.ts";

/** automerge-repo compacts once what came since the snapshot is as large as it: half of the edits are far more. */
const changesPerChunk = 100;
const atRestMs = 60_000;
const aftermathMs = 3_000;

export const compaction: Measure = ({ quick }) => {
  const edits = quick ? 26_000 : 260_000;
  const runs = quick ? 1 : 5;
  const changes = edits / keystrokesPerChange;
  const documents = Array.from({ length: runs }, (_, i) => {
    const typist = new Typist(`Long ${i}`, i);
    const written = typist.written(changes, changes / 2, changesPerChunk);
    typist.free();
    return written;
  });
  return inFolder(async (dataDir) => {
    await makeProfile(dataDir, documents);
    const compacting: number[] = [];
    const plain: number[] = [];
    const saved: number[] = [];
    await inApp({ dataDir }, async (app) => {
      await benchPage(app.page);
      const engine = await app.engine();
      for (const { title } of documents) {
        await openDocument(app.page, title);
        await app.atRest(atRestMs);
        const blockedMs = async (): Promise<number> => {
          await engine.watchBlocks();
          saved.push(await savedAfterMs(app.page));
          await sleep(aftermathMs);
          return engine.longestBlockMs();
        };
        compacting.push(await blockedMs());
        plain.push(await blockedMs());
      }
      engine.close();
    });
    const size = `${edits} edits`;
    return {
      rows: [
        {
          name: "with compaction",
          operation: "longest block of the engine",
          size,
          unit: "ms",
          ...figures(compacting),
        },
        { name: "without", operation: "longest block of the engine", size, unit: "ms", ...figures(plain) },
        { name: "both", operation: "edit to saved", size, unit: "ms", ...figures(saved) },
      ],
    };
  });
};
