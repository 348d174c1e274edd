/**
 * How a window closes: it is told, hands over what was typed, and says when that is durable. It may not
 * take for ever, and a window that has nothing to say (never loaded, crashed) is not waited for.
 */

export type Closing =
  | { readonly state: "open"; readonly listens: boolean }
  | { readonly state: "flushing" }
  | { readonly state: "closed" };

export type ClosingEvent =
  /** The page has loaded and hears notices. */
  | "loaded"
  /** The person, the menu or the system wants it closed. */
  | "close-asked"
  | "ready"
  /** The page could not hand everything over, has said so, and the person decides. */
  | "kept-open"
  | "timed-out"
  /** The page's process is gone. */
  | "crashed";

export const newWindow: Closing = { state: "open", listens: false };

export function nextClosing(closing: Closing, event: ClosingEvent): Closing {
  switch (closing.state) {
    case "open":
      if (event === "loaded") return { state: "open", listens: true };
      if (event === "crashed") return { state: "open", listens: false };
      if (event === "close-asked") return closing.listens ? { state: "flushing" } : { state: "closed" };
      // "ready" without having been asked says nothing about what is typed after it.
      return closing;
    case "flushing":
      if (event === "kept-open") return { state: "open", listens: true };
      return event === "ready" || event === "timed-out" || event === "crashed"
        ? { state: "closed" }
        : closing;
    case "closed":
      return closing;
  }
}
