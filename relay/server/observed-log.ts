/** A log that tells an observer of its commits: the same log otherwise. */
import type { ChangeLog } from "../sync/ports.ts";
import type { Observer } from "./metrics.ts";

export function observedLog(
  log: ChangeLog,
  observer: Pick<Observer, "committed" | "commitFailed">,
  nowMs: () => number,
): ChangeLog {
  return {
    list: (documentId, from) => log.list(documentId, from),
    read: (documentId, ranges) => log.read(documentId, ranges),
    snapshot: (documentId) => log.snapshot(documentId),
    keepSnapshot: (documentId, snapshot) => log.keepSnapshot(documentId, snapshot),
    feed: (after, count) => log.feed(after, count),
    async commit(batches) {
      const startedAtMs = nowMs();
      const committed = await log.commit(batches);
      if (!committed.ok) {
        observer.commitFailed();
        return committed;
      }
      const { sequences } = committed;
      const taken = batches.filter((_, i) => sequences[i] !== undefined);
      observer.committed({
        documents: taken.length,
        changes: taken.reduce((sum, each) => sum + each.count, 0),
        bytes: taken.reduce((sum, each) => sum + each.body.length, 0),
        tookMs: nowMs() - startedAtMs,
      });
      return committed;
    },
  };
}
