/** A relay of members: invites, roles, revocation and coming back, on the real app. */
import { readFile } from "node:fs/promises";
import { join as joinPath } from "node:path";
import * as A from "@automerge/automerge";
import type { Page } from "playwright";
import { expect, it } from "vitest";
import { Visitor } from "../../relay/harness-join.ts";
import { RawClient } from "../../relay/harness.ts";
import { parseInviteLink } from "../../relay/protocol/invite-link.ts";
import { parseReceipt, parseRefused } from "../../relay/protocol/messages.ts";
import { commentsOf } from "../../relay/store/documentId.ts";
import {
  answerSaveDialog,
  chooseInSwitcher,
  closeDialog,
  invite,
  join,
  openShare,
  whenAt,
  whenEditable,
} from "../people.ts";
import {
  libraryOf,
  newDocument,
  openDocument,
  status,
  textOf,
  type,
  whenLibrary,
  whenText,
} from "../page.ts";
import { startRelay, type RelayProcess, type RunningApp } from "../app.ts";
import { useStage } from "../stage.ts";

const stage = useStage();
const untilMs = 20_000;

/** A relay, and the app of its first owner. */
async function founded() {
  const dataDir = await stage.folder();
  const relay = await stage.serveMembers(dataDir);
  const owner = await stage.launch(dataDir, "owner");
  const link = relay.ownerInvite();
  if (link === null) throw new Error("the relay printed no invite");
  await whenAt(owner.page, "Private");
  const facts = await join(owner.page, link, "Ada");
  await whenAt(owner.page, "Workspace");
  await whenReady(owner.page);
  return { dataDir, relay, owner, facts, host: new URL(relay.url).host };
}

/** The same with a document of these words, and the app of one more who is in and has it open. */
async function founders(words: string, role: string, name: string) {
  const world = await founded();
  await newDocument(world.owner.page, "Plans");
  await type(world.owner.page, words);
  const other = await newcomer(world, role, name);
  await openDocument(other.page, "Plans");
  await whenText(other.page, words);
  return { ...world, other };
}

async function newcomer(
  { dataDir, owner }: { readonly dataDir: string; readonly owner: RunningApp },
  role: string,
  name: string,
): Promise<RunningApp> {
  const link = await invite(owner.page, role);
  const app = await stage.launch(dataDir, name);
  await join(app.page, link, name);
  await whenAt(app.page, "Workspace");
  return app;
}

/** At its first start a place has a page ready. */
const whenReady = (page: Page): Promise<void> => whenLibrary(page, ["Untitled"]);

it("the first owner confirms relay, workspace and role, and writes", async () => {
  const { owner, facts, host } = await founded();
  expect(facts).toContain("Workspace");
  expect(facts).toContain(host);
  expect(facts).toMatch(/Owner/i);
  await newDocument(owner.page, "Plans");
  await type(owner.page, "first words");
  await status(owner.page, /On the relay/);
});

it("an editor writes, a viewer sees it live and cannot write, whatever its client sends", async () => {
  const { dataDir, relay, owner, other: editor } = await founders("one", "Editor", "Ed");
  const viewer = await newcomer({ dataDir, owner }, "Viewer", "Vi");
  await openDocument(viewer.page, "Plans");
  await type(editor.page, " two");
  for (const { page } of [owner, viewer]) await whenText(page, "one two");
  await whenEditable(viewer.page, false);
  await viewer.page.getByRole("textbox", { name: "Document text" }).focus();
  await viewer.page.keyboard.type("not mine");
  await expect
    .poll(() => viewer.page.getByRole("button", { name: "New document" }).isDisabled(), { timeout: untilMs })
    .toBe(true);
  expect(await textOf(viewer.page)).toBe("one two");

  // By hand: a viewer's device that sends changes as an editor's would.
  const client = await modifiedClient(relay, await invite(owner.page, "Viewer"));
  const opened = await documentIdOf(owner.page);
  client.bring(opened, "title", "forged");
  await expect
    .poll(() => client.refused(), { timeout: untilMs })
    .toEqual([{ documentId: opened, why: "read-only" }]);
  await type(owner.page, " three");
  for (const { page } of [editor, viewer]) await whenText(page, "one two three");
  expect(await owner.page.getByRole("textbox", { name: "Title" }).inputValue()).toBe("Plans");
});

/** A member's device with another program: it sends whatever it wants, under its own name. */
async function modifiedClient(relay: RelayProcess, link: string) {
  const parsed = parseInviteLink(link);
  if (!parsed) throw new Error("no invite");
  const { origin } = new URL(relay.url);
  const visitor = new Visitor(relay, { origin, workspace: parsed.workspace });
  expect(await visitor.accept(parsed.secret, "Mal")).toBe(200);
  const client = await RawClient.join(`${relay.url}?ticket=${await visitor.ticket()}`, "modified");
  stage.also(() => Promise.resolve(client.socket.terminate()));
  const actor = visitor.device.id.slice(0, 16) + "0".repeat(16);
  return {
    bring: (documentId: string, key: string, value: string): void => {
      const doc = A.change(A.init<Record<string, string>>({ actor }), (draft) => void (draft[key] = value));
      const message = { heads: A.getHeads(doc), need: [], have: [], changes: A.getAllChanges(doc) };
      client.frame("sync", documentId, A.encodeSyncMessage(message));
    },
    refused: () => client.of("refused").map(parseRefused),
    receipted: () => client.of("receipt").map((each) => parseReceipt(each)?.documentId),
  };
}

/** Of the page that is open, as the window keeps it for the next start. */
async function documentIdOf(page: Page): Promise<string> {
  return page.evaluate(() => {
    const [key] = Object.keys(localStorage).filter((each) => each.startsWith("deckle.lastDocument."));
    return localStorage.getItem(key ?? "") ?? "";
  });
}

it("a device that is revoked mid-typing is out within a second, keeps its text, and brings it when invited again", async () => {
  const { dataDir, owner, other: editor } = await founders("shared", "Editor", "Ed");
  await type(editor.page, " before");
  await whenText(owner.page, "shared before");

  await openShare(owner.page);
  const dialog = owner.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Revoke Ed's laptop" }).click();
  let typing = true;
  const typed = (async () => {
    await editor.page.getByRole("textbox", { name: "Document text" }).focus();
    for (let i = 0; typing; i++) await editor.page.keyboard.type(` w${i}`, { delay: 20 });
  })();
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  await dialog.getByRole("button", { name: "Revoke Ed's laptop" }).click();
  // The list comes back from the relay once the revocation is durable there; the socket is closed by then.
  await expect
    .poll(() => dialog.getByRole("button", { name: "Revoke Ed's laptop" }).count(), { timeout: untilMs })
    .toBe(0);
  const revokedAtMs = performance.now();
  const banner = editor.page.getByRole("region", { name: "Not shared" });
  await banner.waitFor({ timeout: untilMs });
  const outAfterMs = performance.now() - revokedAtMs;
  await closeDialog(owner.page);
  const seen = await textOf(owner.page);
  await new Promise((resolve) => setTimeout(resolve, 2_000));
  typing = false;
  await typed;
  expect(await textOf(owner.page)).toBe(seen);
  expect(outAfterMs).toBeLessThan(1_000);
  const mine = await textOf(editor.page);
  expect(mine.startsWith(seen)).toBe(true);
  expect(mine.length).toBeGreaterThan(seen.length + 50);
  await status(editor.page, /^Saved on this device · This device may not use this workspace/);

  // Intact, and out of the app if they want.
  const file = joinPath(dataDir, "exported.md");
  await answerSaveDialog(editor.app, file);
  await banner.getByRole("button", { name: "Export…" }).click();
  await expect.poll(() => readFile(file, "utf8").catch(() => ""), { timeout: untilMs }).toContain(mine);

  await join(editor.page, await invite(owner.page, "Editor"), "Ed");
  await whenAt(editor.page, "Workspace");
  await openDocument(editor.page, "Plans");
  await whenText(editor.page, mine);
  await whenText(owner.page, mine);
  await status(editor.page, /On the relay/);
});

it("a role that is lowered shows at once; what was written meanwhile stays here, and goes out when it is raised", async () => {
  const { dataDir, relay, owner, other: editor } = await founders("shared", "Editor", "Ed");
  await whenEditable(editor.page, true);
  await setRole(owner.page, "Ed", "Commenter");
  await whenEditable(editor.page, false);
  await setRole(owner.page, "Ed", "Editor");
  await whenEditable(editor.page, true);

  // Offline it writes on, not knowing that it may not any more.
  await stage.end(relay, "kill");
  await status(editor.page, /Relay unreachable/);
  await type(editor.page, " offline");
  await status(editor.page, /^Saved on this device/);
  const again = await serveAgain(dataDir, relay.port);
  await status(owner.page, /On the relay/);
  expect(again.url).toBe(relay.url);
  await whenText(owner.page, "shared offline");
});

async function serveAgain(dataDir: string, port: number) {
  const relay = await startRelay({ dataDir: `${dataDir}/relay`, port, isOpen: false });
  stage.also(() => relay.stop());
  return relay;
}

async function setRole(page: Page, name: string, role: string): Promise<void> {
  await openShare(page);
  const choice = page.getByRole("dialog").getByRole("combobox", { name: `Role of ${name}` });
  await choice.selectOption({ label: role }, { timeout: untilMs });
  await expect.poll(() => choice.isEnabled(), { timeout: untilMs }).toBe(true);
  await closeDialog(page);
}

it("a commenter may comment and not edit", async () => {
  const { relay, owner, other: commenter } = await founders("text", "Commenter", "Cleo");
  await whenEditable(commenter.page, false);

  const byHand = await modifiedClient(relay, await invite(owner.page, "Commenter"));
  const documentId = await documentIdOf(owner.page);
  const comments = commentsOf(documentId) ?? "";
  byHand.bring(comments, "thread", "a comment");
  await expect.poll(() => byHand.receipted(), { timeout: untilMs }).toEqual([comments]);
  byHand.bring(documentId, "title", "edited");
  await expect.poll(() => byHand.refused(), { timeout: untilMs }).toEqual([{ documentId, why: "read-only" }]);
  await type(owner.page, " goes on");
  await whenText(commenter.page, "text goes on");
});

it("a second device of somebody is that somebody, and is revoked on its own", async () => {
  const { dataDir, owner } = await founded();
  await newDocument(owner.page, "Plans");
  await type(owner.page, "from the first");
  await openShare(owner.page);
  const dialog = owner.page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Invite another device of mine" }).click();
  const made = dialog.getByRole("textbox", { name: "Invite link" });
  await made.waitFor({ timeout: untilMs });
  const link = await made.inputValue();
  await closeDialog(owner.page);
  const second = await stage.launch(dataDir, "second");
  await join(second.page, link, "Ada");
  await whenAt(second.page, "Workspace");
  await openDocument(second.page, "Plans");
  await whenText(second.page, "from the first");
  await type(second.page, " and the second");
  await whenText(owner.page, "from the first and the second");
  await openShare(second.page);
  const people = second.page.getByRole("dialog").getByRole("list", { name: "People", exact: true });
  await expect.poll(() => people.getByText("(you)").count(), { timeout: untilMs }).toBe(1);
  const devices = people.getByRole("list", { name: "Devices of Ada" }).getByRole("listitem");
  await expect.poll(() => devices.count(), { timeout: untilMs }).toBe(2);
});

it("the private workspace is nobody else's, until a document is handed over", async () => {
  const world = await founded();
  const { owner } = world;
  const other = await newcomer(world, "Editor", "Ed");
  await chooseInSwitcher(owner.page, "Private");
  await whenAt(owner.page, "Private");
  await whenReady(owner.page);
  await newDocument(owner.page, "Diary");
  await type(owner.page, "dear diary");
  await newDocument(owner.page, "Draft");
  await type(owner.page, "a draft");
  await status(owner.page, /^Saved on this device/);
  await owner.page.getByRole("button", { name: "Document", exact: true }).click();
  await owner.page.getByRole("menuitem", { name: "Move to workspace…" }).click();
  const dialog = owner.page.getByRole("dialog");
  await dialog
    .getByRole("button", { name: /Move|Share/ })
    .last()
    .click();
  await owner.page.getByRole("button", { name: "Turn to Workspace" }).click({ timeout: untilMs });
  await whenAt(owner.page, "Workspace");
  await openDocument(other.page, "Draft");
  await whenText(other.page, "a draft");
  expect(await libraryOf(other.page)).not.toContain("Diary");
  await chooseInSwitcher(owner.page, "Private");
  await whenAt(owner.page, "Private");
  await expect.poll(() => libraryOf(owner.page), { timeout: untilMs }).toContain("Diary");
  expect(await libraryOf(owner.page)).not.toContain("Draft");
});

it("an invite that is used up, or none, is refused in words, and nothing is lost", async () => {
  const { dataDir, relay, owner } = await founded();
  const used = relay.ownerInvite() ?? "";
  const second = await stage.launch(dataDir, "second");
  await whenReady(second.page);
  await newDocument(second.page, "Mine");
  await type(second.page, "still here");
  await chooseInSwitcher(second.page, "Join a workspace…");
  const dialog = second.page.getByRole("dialog", { name: "Join a workspace" });
  await dialog.getByRole("textbox", { name: "Invite link" }).fill("https://example.org/not-an-invite");
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByText(/link/i).first().waitFor();
  await dialog.getByRole("textbox", { name: "Invite link" }).fill(used);
  await dialog.getByRole("button", { name: "Go on" }).click();
  await dialog.getByRole("textbox", { name: "Your name" }).fill("Eve", { timeout: untilMs });
  const consent = dialog.getByText(/^Keep this device’s key/);
  if (await consent.isVisible()) await consent.click();
  await dialog.getByRole("button", { name: "Join" }).click();
  await dialog.getByRole("alert").waitFor({ timeout: untilMs });
  expect(await dialog.getByRole("alert").innerText()).toMatch(/invite/i);
  await closeDialog(second.page);
  await whenText(second.page, "still here");
  await whenLibrary(second.page, ["Mine", "Untitled"]);
  await whenAt(owner.page, "Workspace");
});
