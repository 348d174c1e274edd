/** `deckle-relay stats`: how much is stored, for people or (`--json`) for programs; of the default workspace if none is named. */
import type { z } from "zod";
import { listed, stats as statsSchema } from "./answers.ts";
import { readOffline, type Call, type ExitCode } from "./command.ts";
import { withRelay } from "./relay-at.ts";
import { megabytes } from "./words.ts";
import { pick, targetOf } from "./workspace-of.ts";

type Stats = z.infer<typeof statsSchema>;

export async function stats(call: Call): Promise<ExitCode> {
  const offline = readOffline(call, [], { json: true, workspace: false });
  if (!offline) return 2;
  const { data, others } = offline;
  return withRelay(call, data, async (ask) => {
    const fail = (reason: string): ExitCode => {
      call.err(`${reason}\n`);
      return 1;
    };
    const relay = await ask({ command: "workspaces" }, listed);
    if (!relay.ok) return fail(relay.reason);
    const picked = pick(relay.value.workspaces, others.get("workspace") ?? "default");
    if (!picked.ok) return fail(picked.reason);
    const answer = await ask({ command: "stats", ...targetOf(picked.value) }, statsSchema.optional());
    if (!answer.ok) return fail(answer.reason);
    if (!answer.value) return fail("the store cannot be read");
    call.out(others.has("json") ? `${JSON.stringify(answer.value)}\n` : table(answer.value));
    return 0;
  });
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
