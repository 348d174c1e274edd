/** The readable copy's requests below /keep/. */
import { mirrored, type keepFailure } from "../../keep.ts";
import { mirroredBytesMax } from "../../policy/limits.ts";
import { done, jsonAnswer, nothingHere, type KeepHandlers } from "../keep/routes.ts";
import type { z } from "zod";
import type { Mirror } from "./mirror.ts";

export function mirrorHandlers(mirror: Mirror): KeepHandlers {
  return {
    mirrors: async () => {
      const kept = await mirror.mirrors();
      return kept ? jsonAnswer(kept) : nothingHere();
    },
    mirror: async ({ document }, { json }) => {
      const reason = await mirror.write(document, await json(mirrored, mirroredBytesMax));
      if (reason === null) return done();
      const failure: z.infer<typeof keepFailure> = { reason };
      return Response.json(failure, { status: 507 });
    },
  };
}
