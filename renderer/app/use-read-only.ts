import { readOnlyWords } from "./access/access.ts";
import type { Desk } from "./desk.ts";
import { useStore } from "./use-store.ts";

/** Why nothing can be written here, as it is now; null where it can. */
export const useReadOnly = (desk: Desk): string | null => readOnlyWords(useStore(desk.places.access));
