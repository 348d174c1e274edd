/** `deckle-relay stats`: how much is stored, for people or (`--json`) for programs. */
import type { z } from "zod";
import { stats as statsSchema } from "./answers.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { askStore, withStore } from "./store-at.ts";
import { megabytes } from "./words.ts";

type Stats = z.infer<typeof statsSchema>;

export async function stats(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, [], { json: true });
  if (!offline) return 2;
  const { data, others } = offline;
  const answer = await askStore(data, { command: "stats" }, statsSchema, () =>
    withStore(data, async (store) => {
      const found = await store.stats();
      if (!found) throw new Error("the store cannot be read");
      return statsSchema.parse(found);
    }),
  );
  if (!answer.ok) {
    call.err(`${answer.reason}\n`);
    return 1;
  }
  call.out(others.has("json") ? `${JSON.stringify(answer.value)}\n` : table(answer.value));
  return 0;
}

function table({
  documents,
  changes,
  bytes,
  segments,
  damaged,
  fileBytes,
  walBytes,
  largest,
}: Stats): string {
  const rows: readonly (readonly [string, string])[] = [
    ["documents", String(documents)],
    ["changes", String(changes)],
    ["in changes", megabytes(bytes)],
    ["segments", String(segments)],
    ["set aside as damaged", String(damaged)],
    ["file", megabytes(fileBytes)],
    ["write-ahead log", megabytes(walBytes)],
  ];
  const width = Math.max(...rows.map(([, value]) => value.length));
  const lines = rows.map(([name, value]) => `${name.padEnd(24)}${value.padStart(width)}`);
  if (largest.length > 0) lines.push("", "largest documents");
  for (const each of largest)
    lines.push(`  ${each.documentId}  ${each.changes} changes, ${megabytes(each.bytes)}`);
  return `${lines.join("\n")}\n`;
}
