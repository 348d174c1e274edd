import { beforeEach, expect, it } from "vitest";
import type { Bridge, Place } from "../../electron/ipc.ts";
import { engineAnswers } from "./engine-answers.ts";

const relay = "wss://relay.example/sync";
const place: Place = { kind: "workspace", workspace: "w", relay, name: "Notes", role: "editor" };
const asked: unknown[] = [];
beforeEach(() => void asked.splice(0));
const answering = (
  ticket: Awaited<ReturnType<Bridge["ticket"]>>,
  manage: Awaited<ReturnType<Bridge["manage"]>> = { ok: true },
) =>
  engineAnswers(
    {
      ticket: (workspace) => {
        asked.push(workspace);
        return Promise.resolve(ticket);
      },
      manage: (workspace, call) => {
        asked.push([workspace, call]);
        return Promise.resolve(manage);
      },
    },
    Promise.resolve({ place }),
  );

it("hands a ticket on, for the workspace that this window and its engine started with", async () => {
  const answers = answering({ ok: true, ticket: "t" });
  expect(await answers.ticket()).toEqual({ ok: true, ticket: "t" });
  expect(asked).toEqual(["w"]);
});

it.each([
  ["refused", "refused"],
  ["unreachable", "unreachable"],
  ["key-unreadable", "no-key"],
  ["not-in-workspace", "unreachable"],
  ["anything-else", "unreachable"],
])("a failure called %s is one of the kind %s", async (code, kind) => {
  const answers = answering({ ok: false, code, message: "words" });
  expect(await answers.ticket()).toEqual({ ok: false, code: kind, reason: "words" });
});

it("has a history imported, and says why it was not", async () => {
  const ticket = { ok: true, ticket: "t" } as const;
  expect(await answering(ticket).importHistory("d")).toBeNull();
  expect(asked).toEqual([["w", { call: "import", documentId: "d" }]]);
  const failing = answering(ticket, { ok: false, code: "not-new", message: "It is there already." });
  expect(await failing.importHistory("d")).toBe("It is there already.");
});
