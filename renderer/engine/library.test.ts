/** Lists on a real repo in memory; only the ledger, which is in IndexedDB otherwise, is a map. */
import { parseAutomergeUrl, generateAutomergeUrl, Repo } from "@automerge/automerge-repo/slim";
import type { StorageAdapterInterface, StorageKey } from "@automerge/automerge-repo/slim";
import { beforeAll, expect, test } from "vitest";
import { useAutomerge } from "../../scripts/automerge.ts";
import { Author } from "./author.ts";
import { FakeClock } from "./fake-clock.ts";
import type { Ledger, Place, Receipt } from "./ledger.ts";
import { Library } from "./library.ts";
import { putEntry } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

beforeAll(useAutomerge);

class MemoryStorage implements StorageAdapterInterface {
  private readonly chunks = new Map<string, { key: StorageKey; data: Uint8Array }>();

  load(key: StorageKey): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.chunks.get(key.join("/"))?.data);
  }
  save(key: StorageKey, data: Uint8Array): Promise<void> {
    this.chunks.set(key.join("/"), { key, data });
    return Promise.resolve();
  }
  remove(key: StorageKey): Promise<void> {
    this.chunks.delete(key.join("/"));
    return Promise.resolve();
  }
  loadRange(prefix: StorageKey): Promise<{ key: StorageKey; data: Uint8Array }[]> {
    const begins = `${prefix.join("/")}/`;
    return Promise.resolve(
      [...this.chunks].filter(([key]) => key.startsWith(begins)).map(([, each]) => each),
    );
  }
  async removeRange(prefix: StorageKey): Promise<void> {
    for (const { key } of await this.loadRange(prefix)) await this.remove(key);
  }
}

type Ids = Awaited<ReturnType<Ledger["workspaces"]>>;

/** A profile's disk: each start is a new engine on it. */
class Profile {
  private readonly storage = new MemoryStorage();
  private readonly receipts = new Map<string, Receipt>();
  private ids: Ids = null;
  private handed: Record<string, string[]> = {};

  async at(
    place: Place,
    mayWrite = true,
  ): Promise<{ library: Library; repo: Repo; author: Author; made: (id: string) => void }> {
    const repo = new Repo({ storage: this.storage });
    const key = `${place.relay}#${place.workspace}`;
    const keys = (document: string): string[] =>
      [...this.receipts.keys()].flatMap((each) => {
        const [of = "", id] = each.split(" ");
        return id === document ? [of] : [];
      });
    const set = (document: string, receipt: Receipt): void =>
      void this.receipts.set(`${key} ${document}`, receipt);
    const made = (id: string): void => set(id, { heads: [], unsent: true });
    const ledger = {
      receipt: (document: string) => this.receipts.get(`${key} ${document}`),
      setDurably: (document: string, receipt: Receipt) => Promise.resolve(set(document, receipt)),
      belongsElsewhere: (document: string) =>
        !keys(document).includes(key) && keys(document).some((each) => each !== "null#null"),
      documentsOf: (workspace: string) =>
        [...this.receipts.keys()].flatMap((each) => {
          const [of = "", id = ""] = each.split(" ");
          return of.endsWith(`#${workspace}`) ? [id] : [];
        }),
      workspaces: () => Promise.resolve(this.ids),
      setWorkspaces: (ids: Ids) => Promise.resolve(void (this.ids = ids)),
      handedOver: () => Promise.resolve(this.handed),
      setHandedOver: (handed: Record<string, string[]>) => Promise.resolve(void (this.handed = handed)),
    } as unknown as Ledger;
    const author = new Author("00112233445566ff", (count) => crypto.getRandomValues(new Uint8Array(count)));
    const parts = {
      repo,
      ledger,
      clock: new FakeClock(),
      author,
      mayWrite: () => mayWrite,
      changed: () => {},
      keeping: { watch: () => {} },
    };
    return { library: await Library.open(parts, place), repo, author, made };
  }
}

const newId = (): string => parseAutomergeUrl(generateAutomergeUrl()).documentId;
const [team, club] = [newId(), newId()];
const nowhere: Place = { relay: null, workspace: null };
const atTeam: Place = { relay: "wss://relay.example/sync", workspace: team };
const atClub: Place = { relay: "wss://relay.example/sync", workspace: club };
const atOpen: Place = { relay: "ws://127.0.0.1:1/sync", workspace: null };
const titles = (library: Library): string[] => library.entries().map(({ title }) => title);

async function leave({ library, repo }: { library: Library; repo: Repo }): Promise<void> {
  await repo.flush(library.lists as Parameters<Repo["flush"]>[0]);
}

test("a document belongs where it was made, and no other place hears of it", async () => {
  const profile = new Profile();
  const [mine, ours] = [newId(), newId()];
  const home = await profile.at(nowhere);
  home.library.add(mine, "Mine", false);
  await leave(home);
  const team1 = await profile.at(atTeam);
  team1.made(ours);
  team1.library.add(ours, "Ours", false);
  expect(titles(team1.library)).toEqual(["Ours"]);
  expect([mine, ours, team, ...team1.library.lists].map((id) => team1.library.isHere(id))).toEqual([
    false,
    true,
    true,
    false,
    true,
  ]);
  await leave(team1);
  expect(titles((await profile.at(atClub)).library)).toEqual([]);
  expect(titles((await profile.at(nowhere)).library)).toEqual(["Mine"]);
  expect(titles((await profile.at(atTeam)).library)).toEqual(["Ours"]);
});

test("a blank page is listed for others with its first words, and from then on only there", async () => {
  const profile = new Profile();
  const page = newId();
  const before = await profile.at(atTeam);
  before.made(page);
  before.library.add(page, "", true);
  await leave(before);
  const other = await profile.at(atTeam);
  expect(titles(other.library)).toEqual([""]);
  other.library.edited(page, "Words");
  // It is off the local list once the shared one is on the disk.
  await new Promise((resolve) => setTimeout(resolve, 50));
  await leave(other);
  expect(titles((await profile.at(nowhere)).library)).toEqual([]);
  expect(titles((await profile.at(atTeam)).library)).toEqual(["Words"]);
});

test("a page whose words outlived a crash, and whose entry did not, is listed for others once it is open", async () => {
  const profile = new Profile();
  const page = newId();
  const before = await profile.at(atTeam);
  before.made(page);
  before.library.add(page, "", true);
  await leave(before);
  const { library: again, repo } = await profile.at(atTeam);
  const listed = async (): Promise<boolean> =>
    page in (await repo.find<Workspace>(atTeam.workspace as never)).doc().entries;
  again.settled(page, "", true);
  expect(await listed()).toBe(false);
  again.settled(page, "", false);
  expect(await listed()).toBe(true);
});

test("what is made before an open relay was ever met is listed there once it is", async () => {
  const profile = new Profile();
  const [mine, page, list] = [newId(), newId(), newId()];
  const home = await profile.at(nowhere);
  home.library.add(mine, "Mine", false);
  await leave(home);
  const first = await profile.at(atOpen);
  first.made(page);
  first.library.add(page, "Page", false);
  expect(titles(first.library)).toEqual(["Page"]);
  await first.library.met(list);
  expect(titles(first.library)).toEqual(["Page"]);
  await leave(first);
  const again = await profile.at(atOpen);
  expect(again.library.lists).toContain(list);
  expect(titles(again.library)).toEqual(["Page"]);
  // What an open relay had stays at hand when the profile is back home.
  expect(titles((await profile.at(nowhere)).library).toSorted()).toEqual(["Mine", "Page"]);
});

const granted = (): Promise<boolean> => Promise.resolve(true);

/** A document of the private workspace, really there. */
async function privateOne(
  home: Awaited<ReturnType<Profile["at"]>>,
  title: string,
  author = home.author,
): Promise<string> {
  const handle = author.create(home.repo, { title });
  await home.repo.flush([handle.documentId]);
  home.made(handle.documentId);
  home.library.add(handle.documentId, title, false);
  return handle.documentId;
}

test("a private document that is handed over is listed there once the relay is, and is private no more", async () => {
  const profile = new Profile();
  const home = await profile.at(nowhere);
  const [mine, kept] = [await privateOne(home, "Mine"), await privateOne(home, "Kept")];
  await Promise.all([home.library.handOver(mine, club), home.library.handOver(mine, team)]);
  await leave(home);
  const wrong = await profile.at(atClub);
  await wrong.library.connected(granted);
  expect(titles(wrong.library)).toEqual([]);
  const there = await profile.at(atTeam);
  expect([titles(there.library), there.library.isHere(mine)]).toEqual([[], false]);
  await there.library.connected(granted);
  expect(titles(there.library)).toEqual(["Mine"]);
  expect([mine, kept].map((id) => there.library.isHere(id))).toEqual([true, false]);
  await leave(there);
  expect(titles((await profile.at(nowhere)).library)).toEqual(["Kept"]);
});

test("one with other authors waits for the relay to take its history", async () => {
  const profile = new Profile();
  const home = await profile.at(nowhere);
  const stranger = new Author("ffeeddccbbaa0099", (count) => crypto.getRandomValues(new Uint8Array(count)));
  const theirs = await privateOne(home, "Theirs", stranger);
  await home.library.handOver(theirs, team);
  await leave(home);
  const there = await profile.at(atTeam);
  await there.library.connected(() => Promise.resolve(false));
  expect([titles(there.library), there.library.isHere(theirs)]).toEqual([[], false]);
  await there.library.connected(granted);
  expect([titles(there.library), there.library.isHere(theirs)]).toEqual([["Theirs"], true]);
});

test("attack: a member lists a document that this device has from elsewhere", async () => {
  const profile = new Profile();
  const [secret, diary] = [newId(), newId()];
  const there = await profile.at(atClub);
  there.made(secret);
  there.library.add(secret, "Secret", false);
  await leave(there);
  const home = await profile.at(nowhere);
  home.made(diary);
  home.library.add(diary, "Diary", false);
  await leave(home);
  const trap = await profile.at(atTeam);
  const list = trap.repo.handles[team as keyof typeof trap.repo.handles];
  list?.change((draft) => {
    for (const document of [secret, diary])
      putEntry(draft as Workspace, { document, title: "Look at me", createdAt: 9e15 });
  });
  expect(titles(trap.library)).toEqual([]);
  expect([secret, diary].map((id) => trap.library.isHere(id))).toEqual([false, false]);
});

test("attack: an invite names a document as its workspace", async () => {
  const profile = new Profile();
  const home = await profile.at(nowhere);
  const mine = await privateOne(home, "Mine");
  await leave(home);
  const trap = await profile.at({ relay: "wss://evil.example/sync", workspace: mine });
  expect(trap.library.unusable).toMatch(/not a workspace/);
  expect(trap.library.isHere(mine)).toBe(false);
});

test("only what is private can be handed over", async () => {
  const profile = new Profile();
  const there = await profile.at(atTeam);
  const ours = newId();
  there.made(ours);
  there.library.add(ours, "Ours", false);
  await expect(there.library.handOver(ours, club)).rejects.toThrow(/private workspace/);
});

test("who may only read writes nothing into the list of others", async () => {
  const profile = new Profile();
  const home = await profile.at(nowhere);
  const mine = newId();
  home.library.add(mine, "Mine", false);
  await home.library.handOver(mine, team);
  await leave(home);
  const reader = await profile.at(atTeam, false);
  const list = reader.repo.handles[team as keyof typeof reader.repo.handles];
  const heads = list?.heads().join();
  const page = newId();
  reader.made(page);
  reader.library.add(page, "Page", false);
  reader.library.edited(page, "Page 2");
  expect(list?.heads().join()).toBe(heads);
  expect(titles(reader.library)).toEqual(["Page 2"]);
});

test("the documents of a workspace that is left stay, as private ones", async () => {
  const profile = new Profile();
  const there = await profile.at(atTeam);
  const ours = newId();
  there.made(ours);
  there.library.add(ours, "Ours", false);
  await leave(there);
  const elsewhere = await profile.at(atClub);
  await elsewhere.library.takeBack(team);
  expect(titles(elsewhere.library)).toEqual([]);
  expect([team, ours, club].map((id) => elsewhere.library.isHere(id))).toEqual([false, false, true]);
  await leave(elsewhere);
  const home = await profile.at(nowhere);
  await home.library.takeBack(team);
  expect(titles(home.library)).toEqual(["Ours"]);
  await leave(home);
  expect(titles((await profile.at(nowhere)).library)).toEqual(["Ours"]);
});
