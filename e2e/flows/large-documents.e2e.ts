/**
 * A large document over a slow line: it goes up once and comes down once, without starting over, and whoever waits
 * for it is told how far it is, in numbers that are true.
 */
import type { Page } from "playwright";
import { expect, test } from "vitest";
import { FaultProxy } from "../../scripts/faults/proxy.ts";
import { seededRandom } from "../../scripts/faults/link.ts";
import { statusOf, status, textOf, whenTitle } from "../page.ts";
import { useStage } from "../stage.ts";

const stage = useStage();

/** An import takes seconds, the line below its time; a machine that is busy needs longer for both. */
const slowMs = 90_000;
const title = "A large document";
const paragraphLetters = 400;

/**
 * Han, three bytes a letter and drawn at random: megabytes that are few letters, which is what costs time, and that no
 * compression makes half as small, so that the relay sends them piece by piece. A paragraph each.
 */
function largeText(letters: number): string[] {
  const random = seededRandom(4);
  const letter = (): string => String.fromCodePoint(0x4e00 + Math.floor(random() * 8_192));
  return Array.from({ length: letters / paragraphLetters }, () =>
    Array.from({ length: paragraphLetters }, letter).join(""),
  );
}

const markdownOf = (text: readonly string[]): string => `# ${title}\n\n${text.join("\n\n")}`;

/** Everything that the status line says from now on, in order. */
async function listen(page: Page): Promise<() => Promise<string[]>> {
  const line = await page.getByRole("status", { name: "Status" }).elementHandle();
  if (!line) throw new Error("there is no status line");
  const said = await line.evaluateHandle((element) => {
    const words = [element.textContent ?? ""];
    new MutationObserver(() => words.push(element.textContent ?? "")).observe(element, {
      subtree: true,
      childList: true,
      characterData: true,
    });
    return words;
  });
  return () => said.jsonValue();
}

/** Lets go of a Markdown file over the window. */
async function drop(page: Page, name: string, text: string): Promise<void> {
  await page.evaluate(
    ([file, words]) => {
      const transfer = new DataTransfer();
      transfer.items.add(new File([words], file));
      for (const kind of ["dragenter", "dragover", "drop"])
        document.body.dispatchEvent(
          new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true, composed: true }),
        );
    },
    [name, text] as const,
  );
}

/** "3.1 MB" in bytes; an amount below one MB is in kB. */
function bytesOf(number: string | undefined, unit: string | undefined): number {
  return Number(number) * (unit === "MB" ? 1_000_000 : 1_000);
}

/** What the words say is still to be sent, each amount once. */
function toGo(said: readonly string[]): number[] {
  const amounts = said.flatMap((words) => {
    const [, number, unit] = /Sending to the relay: ([\d.]+) (MB|kB) to go/.exec(words) ?? [];
    return unit === undefined ? [] : [bytesOf(number, unit)];
  });
  return [...new Set(amounts)];
}

function receivedOf(said: readonly string[]): { here: number; total: number }[] {
  return said.flatMap((words) => {
    const [, number, total, unit] = /Receiving (?:([\d.]+) of )?([\d.]+) (MB|kB)/.exec(words) ?? [];
    return unit === undefined ? [] : [{ here: bytesOf(number ?? "0", unit), total: bytesOf(total, unit) }];
  });
}

async function slowLine(): Promise<{ data: string; line: FaultProxy; url: string }> {
  const data = await stage.folder();
  const relay = await stage.serve(data);
  const line = await FaultProxy.listen({ to: { port: relay.port } });
  stage.also(() => line.stop());
  return { data, line, url: `ws://127.0.0.1:${line.port}/sync` };
}

/** Waits until the relay has the document that is open and the device has it, too. */
async function everywhere(page: Page): Promise<void> {
  await expect.poll(() => statusOf(page), { timeout: slowMs }).toBe("Saved on this device · On the relay");
}

test("over a slow line a large document goes up once, and the writer is told how much is to go", async () => {
  const { data, line, url } = await slowLine();
  const { page, problems } = await stage.launch(data, "writer", url);
  await status(page, /On the relay$/);
  line.set({ rateBytesPerSecond: 200_000 });
  const said = await listen(page);
  // The system takes about 5 MB off our hands at once; those are sent, for all that we can see, and not there yet.
  const text = largeText(2_700_000);
  const textBytes = Buffer.byteLength(text.join(""));
  await drop(page, "large.md", markdownOf(text));
  await expect.poll(async () => toGo(await said()).length, { timeout: slowMs }).toBeGreaterThan(2);
  expect(await statusOf(page)).not.toMatch(/On the relay$/);
  line.set({ rateBytesPerSecond: 2_000_000 });
  await everywhere(page);
  const leftBytes = toGo(await said());
  expect(leftBytes).toEqual(leftBytes.toSorted((a, b) => b - a));
  expect(line.accepted).toBe(1);
  expect(line.bytes("up")).toBeGreaterThan(textBytes);
  expect(line.bytes("up")).toBeLessThan(1.5 * textBytes);
  expect(problems).toEqual([]);
});

test("over a slow line a large document comes down once, and the reader is told how much of it is here", async () => {
  const { data, line, url } = await slowLine();
  const text = largeText(800_000);
  const textBytes = Buffer.byteLength(text.join(""));
  const writer = await stage.launch(data, "writer", url);
  await status(writer.page, /On the relay$/);
  await drop(writer.page, "large.md", markdownOf(text));
  await whenTitle(writer.page, title);
  await everywhere(writer.page);
  await stage.end(writer, "close");
  expect(line.accepted).toBe(1);

  line.set({ rateBytesPerSecond: 300_000 });
  const { page, problems } = await stage.launch(data, "reader", url);
  const said = await listen(page);
  const library = page.getByRole("navigation", { name: "Library" });
  await library.getByText(title, { exact: true }).click({ timeout: slowMs });
  await page.getByText(/The relay is sending it: /).waitFor({ timeout: slowMs });
  await whenTitle(page, title); // known from the library
  await page.getByRole("textbox", { name: "Document text" }).waitFor({ timeout: slowMs });
  await everywhere(page);
  // Not `toBe`: a difference would take a minute to print. The window follows a large document with a little delay.
  await expect.poll(async () => (await textOf(page)) === text.join("\n"), { timeout: slowMs }).toBe(true);
  const received = receivedOf(await said());
  expect(new Set(received.map(({ here }) => here)).size).toBeGreaterThan(2);
  expect(received).toEqual(received.toSorted((a, b) => a.here - b.here));
  expect(new Set(received.map(({ total }) => total)).size).toBe(1);
  expect(received.every(({ here, total }) => here <= total)).toBe(true);
  expect(line.accepted).toBe(2);
  expect(line.bytes("down")).toBeGreaterThan(textBytes);
  expect(line.bytes("down")).toBeLessThan(1.5 * textBytes);
  expect(problems).toEqual([]);
});
