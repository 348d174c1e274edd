/** Joining, inviting and turning elsewhere, as people do it in the app. */
import type { ElectronApplication, Page } from "playwright";
import { expect } from "vitest";

const untilMs = 20_000;

/** Opens the switcher and chooses. */
export async function chooseInSwitcher(page: Page, name: string | RegExp): Promise<void> {
  await page.getByRole("button", { name: /^Workspace: / }).click({ timeout: untilMs });
  await page.getByRole("menu").getByText(name).click({ timeout: untilMs });
}

/** Waits until the profile is there. */
export async function whenAt(page: Page, name: string): Promise<void> {
  await page.getByRole("button", { name: `Workspace: ${name}` }).waitFor({ timeout: untilMs });
}

/** From the link to being in. What the person is asked to confirm is given back, a line a fact. */
export async function join(page: Page, link: string, name: string): Promise<string> {
  await chooseInSwitcher(page, "Join a workspace…");
  const dialog = page.getByRole("dialog", { name: "Join a workspace" });
  await dialog.getByRole("textbox", { name: "Invite link" }).fill(link);
  await dialog.getByRole("button", { name: "Go on" }).click();
  return confirm(page, name);
}

/** Agrees to what an invite offers, in the dialog that is open. */
export async function confirm(page: Page, name: string): Promise<string> {
  const dialog = page.getByRole("dialog", { name: "Join a workspace" });
  await dialog.getByRole("textbox", { name: "Your name" }).fill(name, { timeout: untilMs });
  await dialog.getByRole("textbox", { name: "This computer’s name" }).fill(`${name}'s laptop`);
  const facts = await dialog.locator("dl").innerText();
  // Only where the system has no keyring, and only the first time.
  const consent = dialog.getByRole("checkbox");
  if (await consent.isVisible()) await dialog.getByText(/^Keep this device’s key/).click();
  await dialog.getByRole("button", { name: "Join" }).click();
  await dialog.waitFor({ state: "detached", timeout: untilMs });
  return facts;
}

export async function openShare(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Document", exact: true }).click({ timeout: untilMs });
  await page.getByRole("menuitem", { name: "Share…" }).click();
  await page.getByRole("dialog").getByRole("list", { name: "People" }).waitFor({ timeout: untilMs });
}

export async function closeDialog(page: Page): Promise<void> {
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached", timeout: untilMs });
}

/** A link by which one more comes with this role. */
export async function invite(page: Page, role: string): Promise<string> {
  await openShare(page);
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "Role", exact: true }).selectOption({ label: role });
  await dialog.getByRole("button", { name: "Make an invite" }).click();
  const link = dialog.getByRole("textbox", { name: "Invite link" });
  await link.waitFor({ timeout: untilMs });
  const made = await link.inputValue();
  await closeDialog(page);
  return made;
}

/** The next time that the app asks where to save a file, this is the answer. */
export async function answerSaveDialog(app: ElectronApplication, filePath: string): Promise<void> {
  await app.evaluate(({ dialog }, path) => {
    dialog.showSaveDialog = () => Promise.resolve({ canceled: false, filePath: path });
  }, filePath);
}

/** Whether the document can be written in. */
export async function isEditable(page: Page): Promise<boolean> {
  const text = page.getByRole("textbox", { name: "Document text" });
  await text.waitFor({ timeout: untilMs });
  return text.evaluate((dom) => dom.getAttribute("contenteditable") === "true");
}

export async function whenEditable(page: Page, expected: boolean): Promise<void> {
  await expect.poll(() => isEditable(page), { timeout: untilMs }).toBe(expected);
}
