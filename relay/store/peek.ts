/** What a store that nobody has open is, without changing anything in it: opening one mends what is damaged. */
import type { Row } from "../access/ports.ts";
import { AccessRows } from "./access-rows.ts";
import { readIdentityValue } from "./identity.ts";
import { reasonOf } from "./problem.ts";
import { openReadOnly } from "./schema.ts";

export type Peeked =
  | {
      readonly ok: true;
      /** Document id of its workspace; undefined where that is damaged. */
      readonly workspace: string | undefined;
      /** Undefined where they are not all what was last written. */
      readonly accessRows: readonly Row[] | undefined;
      readonly accessRevision: number;
    }
  | { readonly ok: false; readonly reason: string };

export function peek(file: string): Peeked {
  try {
    const db = openReadOnly(file);
    try {
      const workspace = readIdentityValue(db, "workspace") ?? undefined;
      const access = new AccessRows(db);
      return { ok: true, workspace, accessRows: access.load(), accessRevision: access.revision };
    } finally {
      db.close();
    }
  } catch (error) {
    return { ok: false, reason: reasonOf(error) };
  }
}
