/**
 * Recorded editing traces: what people really typed, key by key, for tests and benches to replay.
 *
 * Both were published by Seph Gentle and Martin Kleppmann (github.com/josephg/editing-traces). A
 * position counts Unicode code points of the text with "\n" between paragraphs; both traces are ASCII,
 * which is checked here, so positions are UTF-16 units as well.
 */
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { root } from "./paths.ts";

/** Where traces are looked for, first here, then beside the checkout. */
const traceFolders = [
  join(root, "renderer/document/traces"),
  join(root, "../shared/data/editing-traces"),
] as const;

/** `deleteCount` characters go at `at`, then `text` is put there. */
export type Edit = { at: number; deleteCount: number; text: string };

/** One writer, one edit after the other. */
export type SequentialTrace = { edits: Edit[]; endContent: string };

/**
 * Several writers. An entry was made by `agent` on the merge of its `parents` (indices of earlier
 * entries, with all that they were made on); the last entry is the merge of everything.
 */
export type ConcurrentTrace = {
  agents: number;
  entries: { agent: number; parents: number[]; edits: Edit[] }[];
  endContent: string;
};

const patch = z
  .tuple([z.int().nonnegative(), z.int().nonnegative(), z.string()])
  .transform(([at, deleteCount, text]): Edit => ({ at, deleteCount, text }));

const sequential = z.object({
  startContent: z.literal(""),
  endContent: z.string(),
  txns: z.array(z.object({ patches: z.array(patch) })),
});

const concurrent = z.object({
  kind: z.literal("concurrent"),
  numAgents: z.int().positive(),
  endContent: z.string(),
  txns: z.array(
    z.object({
      agent: z.int().nonnegative(),
      parents: z.array(z.int().nonnegative()),
      patches: z.array(patch),
    }),
  ),
});

const filesOf = (name: string): string[] => traceFolders.map((folder) => join(folder, `${name}.json.gz`));

export const hasTrace = (name: string): boolean => filesOf(name).some((file) => existsSync(file));

/** The bytes of a trace as they are stored. @throws where the trace is in none of the folders */
export async function traceBytes(name: string): Promise<Uint8Array> {
  const files = filesOf(name);
  const file = files.find((one) => existsSync(one));
  if (!file) throw new Error(`the editing trace is not here: ${files.join(", nor ")}`);
  return readFile(file);
}

async function readTrace(name: string): Promise<unknown> {
  const text = gunzipSync(await traceBytes(name)).toString("utf8");
  // eslint-disable-next-line no-control-regex
  if (/[^\x00-\x7f]/.test(text)) throw new Error(`${name} is not ASCII: its positions are not UTF-16 units`);
  return JSON.parse(text) as unknown;
}

export const paperName = "automerge-paper";

/** The LaTeX source of a paper, 259,778 edits of one character each (Martin Kleppmann, 2017). */
export async function paperTrace(): Promise<SequentialTrace> {
  const { txns, endContent } = sequential.parse(await readTrace(paperName));
  return { edits: txns.flatMap(({ patches }) => patches), endContent };
}

/** Two people writing one text at the same time, 26,078 edits of one character each (Seph Gentle, 2022). */
export async function friendsTrace(): Promise<ConcurrentTrace> {
  const { numAgents, txns, endContent } = concurrent.parse(await readTrace("friendsforever"));
  return {
    agents: numAgents,
    entries: txns.map(({ agent, parents, patches }) => ({ agent, parents, edits: patches })),
    endContent,
  };
}
