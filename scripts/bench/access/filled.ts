/**
 * A relay's data folder with many members, documents and narrowings in it, written past the relay: filling it by
 * invites would take an hour.
 */
import { keyOf, rowOf, type AccessRecord } from "../../../relay/access/records.ts";
import { TestDevice } from "../../../relay/harness-access.ts";
import { openStore } from "../../../relay/workspace-files.ts";
import type { Store } from "../../../relay/store/store.ts";
import { Author, randomFrom } from "../../../relay/store/harness.ts";
import { newDocumentId } from "../relay/automerge-seed.ts";

export interface Amounts {
  readonly members: number;
  readonly documents: number;
  readonly narrowings: number;
}
export interface Filled {
  readonly workspace: string;
  /** Of each member one. */
  readonly devices: readonly TestDevice[];
  readonly documentIds: readonly string[];
}

const rowsAtOnce = 1_000;

export async function fill(data: string, { members, documents, narrowings }: Amounts): Promise<Filled> {
  const store = openStore(data);
  try {
    const devices = Array.from({ length: members }, () => new TestDevice());
    const documentIds = Array.from({ length: documents }, newDocumentId);
    const people = devices.flatMap((device, i) => membership(device, i));
    const narrowed = Array.from({ length: narrowings }, (_, i): AccessRecord => {
      const documentId = documentIds[i % documentIds.length] ?? "";
      return { kind: "narrowing", value: { documentId, member: memberId(i % members), share: "viewer" } };
    });
    await writeRecords(store, [...people, ...narrowed]);
    await writeDocuments(store, documentIds);
    return { workspace: store.identity.workspace, devices, documentIds };
  } finally {
    await store.stop();
  }
}

const memberId = (i: number): string => i.toString(16).padStart(32, "0");

function membership({ id, publicKey }: TestDevice, i: number): AccessRecord[] {
  const member = memberId(i);
  const role = i === 0 ? "owner" : "editor";
  return [
    { kind: "member", value: { id: member, name: `Member ${i}`, role, sinceMs: 0 } },
    { kind: "device", value: { id, publicKey, member, name: "Laptop", sinceMs: 0 } },
  ];
}

async function writeRecords(store: Store, records: readonly AccessRecord[]): Promise<void> {
  const byKey = new Map(records.map((record) => [keyOf(record), rowOf(record)]));
  const rows = [...byKey.values()];
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    const changes = rows.slice(at, at + rowsAtOnce).map((row) => ({ ...row, was: undefined }));
    const written = await store.records.write(changes, []);
    if (!written.ok) throw new Error(`the members were not written: ${written.reason}`);
  }
}

async function writeDocuments(store: Store, documentIds: readonly string[]): Promise<void> {
  const random = randomFrom(5);
  for (let at = 0; at < documentIds.length; at += rowsAtOnce) {
    const batches = documentIds.slice(at, at + rowsAtOnce).map((id) => new Author(id, random).batch(1));
    const written = await store.commit(batches);
    if (!written.ok) throw new Error(`the documents were not written: ${written.reason}`);
  }
}
