/** What of the configuration the engine is started with. */
import type { Configuration } from "../../../electron/ipc.ts";
import type { EngineOptions } from "../../editor/engine-url.ts";
import { relayOf } from "./place-words.ts";

export const engineOptions = ({ place, device }: Configuration): EngineOptions => ({
  relay: relayOf(place),
  workspace: place.kind === "workspace" ? place.workspace : null,
  device,
});
