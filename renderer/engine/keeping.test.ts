import { Repo } from "@automerge/automerge-repo/slim";
import { beforeAll, expect, test } from "vitest";
import { until } from "../../relay/harness.ts";
import { useAutomerge } from "../../scripts/automerge.ts";
import { FakeClock } from "./fake-clock.ts";
import { FakeDisk } from "./fake-places.ts";
import { Keeping } from "./keeping.ts";
import { saveRetryMostMs } from "./limits.ts";
import { Storage } from "./storage.ts";

beforeAll(useAutomerge);

test("a list that the disk refuses is saved as soon as it does not, without a further change", async () => {
  const [disk, clock] = [new FakeDisk(), new FakeClock()];
  const storage = new Storage({ disk, copy: null, clock, random: () => 1 });
  const repo = new Repo({ storage, saveDebounceRate: 1_000_000 });
  const handle = repo.create<{ n: number }>({ n: 0 });
  const save = (): Promise<void> => storage.orFailing(handle.documentId, repo.flush([handle.documentId]));
  const keeping = new Keeping({ save, clock, random: () => 1 });
  keeping.watch(handle);
  await keeping.settled();
  disk.failure = "the disk is full";
  handle.change((draft) => void draft.n++);
  await until("refused", () => storage.failure(handle.documentId) !== null && clock.waiting > 0);
  handle.change((draft) => void draft.n++);
  disk.failure = null;
  clock.advance(saveRetryMostMs);
  await keeping.settled();

  const again = new Repo({ storage: new Storage({ disk, copy: null, clock, random: () => 1 }) });
  expect((await again.find<{ n: number }>(handle.documentId)).doc()).toEqual({ n: 2 });
});
