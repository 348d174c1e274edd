/** Whether hostile content has done anything: a script that ran, an element that nothing of ours makes, a broken document. */
import type { Page } from "playwright";
import { Node } from "prosemirror-model";
import { isSafeHref } from "../../renderer/document/link.ts";
import { schema } from "../../renderer/document/schema.ts";

/** Whether a script ran, and what there is in the text that no text of ours is made of. */
export const strangeIn = (page: Page): Promise<{ isHurt: boolean; strange: string }> =>
  page.evaluate(() => {
    const dom = document.querySelector("[aria-label='Document text']");
    const wrong = dom?.querySelector(
      "script, style, iframe, object, embed, form, meta, base, link, template, video, audio, [onerror], [onload], [onclick], [onfocus], [srcset], [ping]",
    );
    const outside = [...(dom?.querySelectorAll("[src], [href]") ?? [])].find((one) =>
      /^\s*(?!https?:|mailto:|app:|blob:)[a-z]+:/i.test(
        one.getAttribute("src") ?? one.getAttribute("href") ?? "",
      ),
    );
    return { isHurt: "deckleHurt" in window, strange: (wrong ?? outside)?.outerHTML.slice(0, 200) ?? "" };
  });

/** What is wrong with a document; "" is nothing. @param linked whether links are checked as well, for what was pasted */
export function wrongWith(json: unknown, linked = false): string {
  try {
    const doc = Node.fromJSON(schema, json);
    doc.check();
    let wrong = "";
    doc.descendants((node) => {
      for (const mark of node.marks)
        if (linked && mark.type.name === "link" && !isSafeHref(mark.attrs["href"] as string))
          wrong = `a link to ${String(mark.attrs["href"]).slice(0, 50)}`;
      if (node.isText && !node.text?.isWellFormed()) wrong = "half a character";
    });
    return wrong;
  } catch (error) {
    return String(error).slice(0, 200);
  }
}
