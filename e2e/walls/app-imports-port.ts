/** In renderer/app, and allowed: it shows that the other files fail for what they do, not for where they lie. */
export type * from "../../renderer/engine/port.ts";
