/** Pictures of a page with all that a writer puts in one: a photograph, a table, code, formulas, footnotes; and Arabic. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Page } from "playwright";
import { launchApp, type RunningApp } from "./app-process.ts";
import {
  committedFolder,
  picture,
  resize,
  rest,
  text,
  toTop,
  waitMs,
  whenOpen,
  whenStatus,
} from "./screenshot-tools.ts";

const usual = { width: 1240, height: 920 };

const words = `# A winter at the mill

We went up on the second of January, when the race was frozen and only the upper pond still moved. What follows is what we measured.

HERE

## What a sheet weighs

| Fibre | Beaten | Sheets | Torn |
|:--|:--|--:|--:|
| Cotton rag | six hours | 62 | 3 |
| Linen, from sails | nine hours | 48 | 1 |
| Straw, cooked in lime | two hours, and again the next day | 118 | 21 |

A sheet of $a \\times b$ metres weighs $w = abg$ grams[^1], and so a post of $n$ of them

$$
m = \\frac{n \\cdot a \\cdot b \\cdot g}{1000}
$$

kilograms. The ledger does it in three lines:

\`\`\`js
// Grams for the square metre, as mills have it.
const weight = ({ a, b, g }) => a * b * g;
const post = (sheets) => sheets.reduce((sum, sheet) => sum + weight(sheet), 0) / 1000;
console.log(\`\${post(today).toFixed(1)} kg by the evening\`);
\`\`\`

- [x] Beat the rag until a jar of it shows no threads
- [ ] Fill the vat, and keep it between twelve degrees and twenty

[^1]: Never in the printer's pounds, of which there are four kinds.
`;

const arabic = `# صناعة الورق في سمرقند

وصلت صناعة الورق إلى **سمرقند** في القرن الثامن، ثم انتقلت منها إلى *بغداد* وكتب عنها كثيرون.

## ما يلزم

1. خِرَق من القطن أو الكتان
2. ماء نظيف، لا يزيد على 20 درجة
3. قالب من خشب (بالإنجليزية: mould and deckle)

> لا يصنع الصانع الورقة، بل يدعها تكون.

| المادة | الوقت | الأوراق |
|---|---|---|
| قطن | ست ساعات | 62 |
| قش | ساعتان | 118 |

An English paragraph stands between, and reads from its own side.
`;

/** A hillside in winter, drawn: no photograph may be needed for the pictures to be the same each time. */
async function pasteHills(page: Page): Promise<void> {
  await text(page).evaluate(async (dom) => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 620 });
    const brush = canvas.getContext("2d");
    if (!brush) throw new Error("nothing to draw on");
    const sky = brush.createLinearGradient(0, 0, 0, 620);
    sky.addColorStop(0, "#c9d6df");
    sky.addColorStop(0.6, "#f1e4d3");
    brush.fillStyle = sky;
    brush.fillRect(0, 0, 1280, 620);
    brush.fillStyle = "#fff6e0";
    brush.beginPath();
    brush.arc(930, 210, 58, 0, 7);
    brush.fill();
    for (const [k, colour] of ["#a9bcc6", "#8199a6", "#5d7786", "#3f5866", "#2b3f4b"].entries()) {
      brush.fillStyle = colour;
      brush.beginPath();
      brush.moveTo(0, 620);
      for (let x = 0; x <= 1280; x += 8) {
        const y = 270 + k * 68 + 46 * Math.sin(x / (170 - k * 14) + k * 1.7) + 17 * Math.sin(x / 47 + k * 3);
        brush.lineTo(x, y);
      }
      brush.lineTo(1280, 620);
      brush.fill();
    }
    const blob = await new Promise<Blob | null>((done) => canvas.toBlob(done, "image/png"));
    if (!blob) throw new Error("nothing was drawn");
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([blob], "hills.png", { type: "image/png" }));
    dom.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
  });
  await page.waitForFunction(
    () => {
      const [shown] = document.querySelectorAll<HTMLImageElement>(".ProseMirror figure img");
      return shown?.complete === true && shown.naturalWidth > 0;
    },
    null,
    { timeout: waitMs },
  );
}

async function writingPictures(folder: string, opened: RunningApp[]): Promise<void> {
  const [mill, paper] = [join(folder, "mill.md"), join(folder, "paper.md")];
  await writeFile(paper, arabic);
  await writeFile(mill, words);
  const app = await launchApp({
    dataDir: folder,
    profile: "writing",
    args: [`--import=${paper}`, `--import=${mill}`],
  });
  opened.push(app);
  const { page } = app;
  await resize(app, usual);
  await whenOpen(page, "A winter at the mill");
  await text(page).getByText("HERE", { exact: true }).click({ clickCount: 3 });
  await page.keyboard.press("Backspace");
  await pasteHills(page);
  await text(page).locator("figcaption").click();
  await page.keyboard.type("The upper pond, from the road");
  await whenStatus(page, /^Saved on this device/);
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme });
    await toTop(page);
    await picture(page, `images-${colorScheme}`, colorScheme === "light" ? committedFolder : undefined);
    await text(page).getByRole("heading", { name: "What a sheet weighs" }).scrollIntoViewIfNeeded();
    await text(page)
      .getByRole("heading", { name: "What a sheet weighs" })
      .evaluate((dom) => dom.scrollIntoView());
    await text(page).getByRole("cell", { name: "48" }).click();
    await text(page).getByRole("cell", { name: "nine hours" }).hover();
    await page.waitForTimeout(300);
    await picture(page, `table-${colorScheme}`, colorScheme === "light" ? committedFolder : undefined);
    await rest(page);
    await text(page).evaluate((dom) => dom.lastElementChild?.scrollIntoView({ block: "end" }));
    await picture(page, `code-and-formulas-${colorScheme}`);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await text(page).locator("figure img").click();
  await page.waitForTimeout(300);
  await picture(page, "image-selected");
  await page
    .getByRole("navigation", { name: "Library" })
    .getByText("صناعة الورق في سمرقند")
    .click({ timeout: waitMs });
  await whenOpen(page, "صناعة الورق في سمرقند");
  await toTop(page);
  await picture(page, "right-to-left-page");
}

export const writingSets = { writing: writingPictures };
