/** A process that keeps chunks and is killed at a moment of chance: what was answered is there, and nothing half. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { expect, test } from "vitest";
import { KeptDocuments } from "./kept-documents.ts";

const rounds = 12;
const document = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";

/** Keeps chunk after chunk, four at a time and now and then a snapshot, and says the name of each that is kept. */
const writer = `
  import { KeptDocuments } from ${JSON.stringify(join(import.meta.dirname, "kept-documents.ts"))};
  const [folder, round] = process.argv.slice(1);
  const kept = new KeptDocuments(folder);
  for (let i = 0; ; i += 4) {
    await Promise.all([0, 1, 2, 3].map(async (next) => {
      const name = \`r\${round}-\${i + next}\`;
      const kind = (i + next) % 50 === 49 ? "snapshot" : "incremental";
      await kept.keep("${document}", { kind, name }, Buffer.alloc(100 + (i * 37) % 5000, name));
      process.stdout.write(name + "\\n");
    }));
  }`;

test("killed in the middle of writing, again and again", async () => {
  const folder = await mkdtemp(join(tmpdir(), "deckle-kill-"));
  const answered: string[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      const child = spawn(
        process.execPath,
        ["--input-type=module-typescript", "-e", writer, folder, String(round)],
        { stdio: ["ignore", "pipe", "inherit"] },
      );
      const ended = once(child, "exit");
      const wanted = answered.length + 20 + round * 13;
      for await (const name of createInterface({ input: child.stdout })) {
        answered.push(name);
        if (answered.length === wanted) child.kill("SIGKILL");
      }
      await ended;
      expect(answered.length).toBeGreaterThanOrEqual(wanted);
      const kept = new KeptDocuments(folder);
      expect((await kept.verify()).damaged).toEqual([]);
      const chunks = await kept.chunks(document);
      expect(chunks.map(({ name }) => name)).toEqual(expect.arrayContaining(answered));
      for (const chunk of chunks.slice(-20)) {
        const bytes = await kept.read(document, chunk);
        expect(Buffer.from(bytes ?? []).equals(Buffer.alloc(chunk.bytes, chunk.name))).toBe(true);
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}, 120_000);
