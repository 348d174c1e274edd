/** In relay/sync: the disk comes in by constructor. */
export type * from "../../relay/store/sqlite.ts";
