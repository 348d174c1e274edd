/** The store's thread: opens the file and answers one call after another. It is not for anything but `threaded.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { movable, packList, unpackBatches, type Reply, type Request, type Task } from "./calls.ts";
import { collectGarbage } from "./garbage.ts";
import { LocalStore } from "./local.ts";
import { reasonOf } from "./problem.ts";
import type { Outcome } from "./store.ts";
import { verifyFile } from "./verify.ts";

type Answer = readonly [gives: unknown, moved?: readonly ArrayBuffer[]];

function say(reply: Reply, moved: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(reply, moved);
}

async function answer(store: LocalStore, request: Request): Promise<Answer> {
  switch (request.name) {
    case "list": {
      const { documentId, from } = request.takes;
      const packed = packList(await store.list(documentId, from));
      return packed.ok ? [packed, [packed.numbers.buffer, packed.bytes.buffer]] : [packed];
    }
    case "read": {
      const read = await store.read(request.takes.documentId, request.takes.ranges);
      if (!read.ok) return [read];
      const body = movable(read.body);
      return [{ ...read, body }, [body.buffer]];
    }
    case "commit":
      return [await store.commit(unpackBatches(request.takes))];
    case "feed":
      return [await store.feed(request.takes.after, request.takes.count)];
    case "snapshot": {
      const snapshot = await store.snapshot(request.takes.documentId);
      if (!snapshot) return [undefined];
      const bytes = movable(snapshot.bytes);
      return [{ ...snapshot, bytes }, [bytes.buffer]];
    }
    case "keepSnapshot":
      return [await store.keepSnapshot(request.takes.documentId, request.takes.snapshot)];
    case "verify":
      return [await store.verify()];
    case "stats":
      return [await store.stats()];
    case "accessRows":
      return [await store.records.load()];
    case "writeAccess":
      return [await store.records.write(request.takes.changes, request.takes.audit)];
    case "audit":
      return [await store.records.audit(request.takes.after, request.takes.count)];
    case "rest":
      await store.rest();
      return [collectGarbage()];
    case "copyTo": {
      const done: Outcome = await store.copyTo(request.takes.file).then(
        () => ({ ok: true }),
        (error: unknown) => ({ ok: false, reason: reasonOf(error) }),
      );
      return [done];
    }
    case "stop":
      return [await store.stop()];
  }
}

function serve(file: string): void {
  let store: LocalStore | undefined;
  const isReady = (): boolean => store?.isReady() ?? false;
  try {
    const opened = new LocalStore(file, (event, facts) =>
      say({ kind: "report", event, facts, isReady: isReady() }),
    );
    store = opened;
    say({ kind: "opened", identity: opened.identity, isReady: isReady() });
    parentPort?.on("message", (request: Request) => {
      void answer(opened, request).then(([gives, moved]) => {
        say({ kind: "answer", id: request.id, gives, isReady: isReady() }, moved);
        if (request.name === "stop") parentPort?.close();
      });
    });
  } catch (error) {
    say({ kind: "problem", message: reasonOf(error) });
  }
}

function verify(file: string): void {
  try {
    say({ kind: "verified", verified: verifyFile(file) });
  } catch (error) {
    say({ kind: "problem", message: reasonOf(error) });
  }
}

const task: Task = workerData;
if (task.kind === "serve") serve(task.file);
else verify(task.file);
