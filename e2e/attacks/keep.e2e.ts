/** The second copy in main, asked for by whoever is in the page: what answers, what refuses, and what lies on the disk. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { useStage } from "../stage.ts";

const stage = useStage();
const document = "4NMNnkMhL8jXrdJ9jamS58PAVdXu";

interface Init {
  readonly method?: string;
  readonly body?: string;
  readonly headers?: Record<string, string>;
}
type Asked = readonly [path: string, init?: Init];

test("what is kept is on the disk; without the header, or by another path, there is nothing", async () => {
  const data = await stage.folder();
  const { page } = await stage.launch(data, "default");
  const ask = (...requests: readonly Asked[]): Promise<{ status: number; text: string }[]> =>
    page.evaluate(async (all) => {
      const answers: { status: number; text: string }[] = [];
      for (const [path, init] of all) {
        const answer = await fetch(path, init);
        answers.push({ status: answer.status, text: await answer.text() });
      }
      return answers;
    }, requests);
  const headers = { "x-deckle-keep": "1" };
  const large = "x".repeat(3_000_000);

  const answers = await ask(
    ["/keep/value/restored", { headers }],
    ["/keep/value/restored", { method: "POST", body: '{"mine":true}', headers }],
    ["/keep/value/restored", { headers }],
    [`/keep/chunk/${document}/incremental/a`, { method: "POST", body: large, headers }],
    ["/keep/verify", { headers }],
  );
  expect(answers.map(({ status }) => status)).toEqual([404, 204, 200, 204, 200]);
  expect(answers[2]?.text).toBe('{"mine":true}');
  expect(JSON.parse(answers[4]?.text ?? "")).toMatchObject({ damaged: [] });
  const profile = join(data, "profiles", "default");
  expect(await readFile(join(profile, "copy", document, "1.chunks"), "latin1")).toContain(large);
  expect(await readFile(join(profile, "copy", "values", "restored.json"), "utf8")).toContain("mine");

  const refused = await ask(
    ["/keep/value/restored"],
    ["/keep/value/restored", { method: "POST", body: "1" }],
    ["/keep/documents", { method: "DELETE", headers }],
    ["/keep/chunks/..%2f..%2fsettings.json", { headers }],
    ["/keep/../settings.json", { headers }],
  );
  expect(refused.map(({ status }) => status)).toEqual([403, 403, 405, 404, 404]);
  expect(refused.map(({ text }) => text)).toEqual(["", "", "", "", ""]);
});

test("a backup is made, listed, and read", async () => {
  const data = await stage.folder();
  const { page } = await stage.launch(data, "default");
  const outcome = await page.evaluate(async (id) => {
    const { deckle } = window as unknown as {
      deckle: Record<string, (...words: unknown[]) => Promise<Record<string, unknown>>>;
    };
    await fetch(`/keep/chunk/${id}/snapshot/a`, {
      method: "POST",
      body: "not of Automerge",
      headers: { "x-deckle-keep": "1" },
    });
    const made = await deckle["backUpNow"]?.();
    const listed = await deckle["backups"]?.();
    const read = await fetch(`/keep/backup/${String(made?.["name"])}/${id}`, {
      headers: { "x-deckle-keep": "1" },
    });
    return { made, listed, text: await read.text(), folders: await deckle["storageFolders"]?.() };
  }, document);
  expect(outcome).toMatchObject({
    made: { ok: true },
    listed: { ok: true, folder: join(data, "backups", "default") },
    text: "not of Automerge",
    folders: { ok: true, copy: join(data, "profiles", "default", "copy") },
  });
});
