/** The words over a page whose changes stay on this device, though it is shared: what happened, and what to do. */
import type { Access, RelayState, Withheld } from "../../engine/port.ts";

export type BannerFacts = { access: Access; relay: RelayState | null; withheld: Withheld | null };

/** Null where nothing is withheld: most of the time. */
export function bannerWords({ access, relay, withheld }: BannerFacts): string | null {
  const isShutOut = relay?.state === "refused" || (access.kind === "member" && access.role === "revoked");
  if (isShutOut)
    return (
      "This device may not use this workspace any more. What you have here is safe on this device, and what you " +
      "write stays on it. You can export it, or ask an owner of the workspace for a new invite."
    );
  if (withheld === "read-only")
    return (
      "Some of what was written here stays on this device: you may read here, not write. It is safe. You can " +
      "export it, or ask an owner of the workspace to let you write."
    );
  if (withheld === "foreign-actor")
    return (
      "Some of what is written here stays on this device: the relay does not know the device that wrote it. It is " +
      "safe. You can export it and import it again as a document of yours."
    );
  return null;
}
