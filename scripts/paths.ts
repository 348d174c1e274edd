/** Where things are in a checkout. Nothing here is absolute in the source: all follows from this file. */
import { join } from "node:path";

export const root = join(import.meta.dirname, "..");
/** What a build leaves behind: the app that Electron runs. */
export const distFolder = join(root, "dist");
/** Caches: types, the build stamp, the Electron stand-in. Safe to delete at any time. */
export const cacheFolder = join(root, ".build");
/** What `npm start` keeps: the relay's store, the profiles. Deleting it deletes documents. */
export const dataFolder = join(root, ".data");
