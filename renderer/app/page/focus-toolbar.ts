/** The way out of the text for whoever has no mouse: Tab may be the text's own. */

/** The focus goes to the first control of the toolbar that can have it. @returns whether there is one */
export function focusToolbar(within: Document): boolean {
  const control = within.querySelector<HTMLElement>(
    '[data-toolbar="main"] :is(button, select):not(:disabled)',
  );
  control?.focus();
  return control !== null;
}

export const isInToolbar = (element: Element | null): boolean =>
  (element?.closest('[role="toolbar"]') ?? null) !== null;
