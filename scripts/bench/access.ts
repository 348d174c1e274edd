/**
 * `npm run bench -- access`: what it costs that not everybody may do everything.
 *
 * The same typing by the same clients at a relay that is open and at one that lets in members, in turns, on fresh data:
 * CPU time of the relay an edit, and how long receipts take. And tickets of a relay with 10,000 members, 100,000
 * documents and 10,000 narrowings.
 */
import { AutomergeClient, type Entry } from "./relay/automerge-client.ts";
import { makeSeed, renamed } from "./relay/automerge-seed.ts";
import { openLoop, rounded, settle, sleep } from "./relay/bench.ts";
import { Ledger } from "./relay/client.ts";
import { relayCli } from "./relay/relay-cli.ts";
import { RunningServer, temporaryFolder } from "./relay/running.ts";
import type { Setting } from "./relay/servers.ts";
import { figures, machine, percentile, type Report } from "./report.ts";
import { fill } from "./access/filled.ts";
import { TicketOffice } from "./access/tickets.ts";
const large = { members: 10_000, documents: 100_000, narrowings: 10_000 };
const ticketsTimed = 3_000;
const ticketsAtOnce = 8;
const ticketMsMax = 5;

const rounds = 9;
const documents = 20;
const clientsPerDocument = 5;
const editsPerSecond = 2_000;
const warmUpSeconds = 2;
const seconds = 12;
const levelMs = 20_000;
const ratioMax = 1.05;

interface Cost {
  readonly cpuMsPerEdit: number;
  readonly receiptMs: readonly number[];
}

export async function access(): Promise<Report> {
  const setting: Setting = {
    relayCli: await relayCli(""),
    relayNodeFlags: [],
    relayIsOpen: true,
    peersFolder: "",
    isPinned: false,
  };
  const tickets = await ticketTimes(setting);
  const open: Cost[] = [];
  const members: Cost[] = [];
  for (let round = 0; round < rounds; round++) {
    // Which comes first may matter: they take turns.
    const kinds = round % 2 === 0 ? [true, false] : [false, true];
    for (const relayIsOpen of kinds)
      (relayIsOpen ? open : members).push(await typingCost({ ...setting, relayIsOpen }));
    console.error(
      `round ${round + 1} of ${rounds}: CPU ms an edit ${open.at(-1)?.cpuMsPerEdit} open, ${members.at(-1)?.cpuMsPerEdit} members`,
    );
  }
  const cpu = (costs: readonly Cost[]): number[] => costs.map(({ cpuMsPerEdit }) => cpuMsPerEdit);
  const ratios = open.map(({ cpuMsPerEdit }, i) => (members[i]?.cpuMsPerEdit ?? Number.NaN) / cpuMsPerEdit);
  const ratio = rounded(percentile(ratios, 0.5), 3);
  const crowd = `${documents * clientsPerDocument} clients, ${documents} documents, ${editsPerSecond} edits/s`;
  const receipts = (costs: readonly Cost[]): number[] => costs.flatMap(({ receiptMs }) => receiptMs);
  const alone = figures(tickets.alone);
  return {
    name: "access",
    machine: machine(),
    rows: [
      {
        name: "members",
        operation: "relay CPU an edit",
        size: crowd,
        unit: "ms",
        ...figures(cpu(members)),
        peer: "open",
        ratio,
      },
      { name: "open", operation: "relay CPU an edit", size: crowd, unit: "ms", ...figures(cpu(open)) },
      { name: "members", operation: "receipt", size: crowd, unit: "ms", ...figures(receipts(members)) },
      { name: "open", operation: "receipt", size: crowd, unit: "ms", ...figures(receipts(open)) },
      { name: "members", operation: "ticket", size: "one after another", unit: "ms", ...alone },
      {
        name: "members",
        operation: "ticket",
        size: `${ticketsAtOnce} at a time`,
        unit: "ms",
        ...figures(tickets.together),
      },
    ],
    wanted: [
      {
        what: "relay CPU an edit, members to open (median of pairs)",
        unit: "×",
        most: ratioMax,
        measured: ratio,
        isMet: ratio <= ratioMax,
      },
      {
        what: `ticket p99 with ${large.members} members and ${large.documents} documents`,
        unit: "ms",
        most: ticketMsMax,
        measured: alone.p99,
        isMet: alone.p99 <= ticketMsMax,
      },
    ],
    notes: [`pairs of rounds, members to open: ${ratios.map((each) => rounded(each, 3)).join(", ")}`],
  };
}

async function ticketTimes(setting: Setting): Promise<{ alone: number[]; together: number[] }> {
  using folder = temporaryFolder();
  const { workspace, devices } = await fill(folder.path, large);
  console.error(`${large.members} members and ${large.documents} documents are written`);
  const server = await RunningServer.start("ours", folder.path, { ...setting, relayIsOpen: false });
  const office = new TicketOffice(server.port, workspace);
  try {
    const some = devices.slice(1, 1 + ticketsTimed);
    await office.timed(some.slice(0, 200), 1);
    return { alone: await office.timed(some, 1), together: await office.timed(some, ticketsAtOnce) };
  } finally {
    office.close();
    await server.stop();
  }
}

async function typingCost(setting: Setting): Promise<Cost> {
  using folder = temporaryFolder();
  const count = documents * clientsPerDocument;
  const { workspace, devices } = await fill(folder.path, { members: count + 1, documents: 1, narrowings: 0 });
  const server = await RunningServer.start("ours", folder.path, setting);
  const office = new TicketOffice(server.port, workspace);
  const clients: AutomergeClient[] = [];
  const receiptMs: number[] = [];
  let receipted = 0;
  const onReceipt = (_hash: Buffer, edits: number, afterMs: number): void => {
    receipted += edits;
    receiptMs.push(afterMs);
  };
  const ledger = new Ledger();
  // Whose changes they are is said at both: all that differs is who asks.
  const entryOf = (i: number): Entry | undefined => {
    const device = devices[i];
    const url = (): Promise<string> =>
      device && !setting.relayIsOpen ? office.urlFor(device) : Promise.resolve(server.url);
    return device && { device: Buffer.from(device.id.slice(0, 16), "hex"), url };
  };
  try {
    const content = { kind: "text", chars: 1_000, charsPerChange: 100 } as const;
    const first = await makeSeed(content, entryOf(0)?.device);
    for (let i = 0; i < documents; i++) {
      const seed = renamed(first);
      const seeder = new AutomergeClient(count + i, server.url, seed, new Ledger(), { entry: entryOf(0) });
      await seeder.seed(seed.pieces);
      for (let k = 0; k < clientsPerDocument; k++) {
        const index = 1 + i * clientsPerDocument + k;
        const entry = entryOf(index);
        const client = new AutomergeClient(index, server.url, seed, ledger, { onReceipt, entry });
        await client.join();
        clients.push(client);
      }
    }
    const type = (forSeconds: number): Promise<number> =>
      openLoop(editsPerSecond, forSeconds, (i) => clients[i % clients.length]?.edit());
    await type(warmUpSeconds);
    await settle(() => receipted >= ledger.sent, levelMs);
    receiptMs.length = 0;
    const before = server.cpuMs();
    const typed = await type(seconds);
    if (!(await settle(() => receipted >= ledger.sent, levelMs)))
      throw new Error(`of ${ledger.sent} edits ${receipted} were receipted`);
    await sleep(100);
    return { cpuMsPerEdit: rounded((server.cpuMs() - before) / typed, 4), receiptMs: [...receiptMs] };
  } finally {
    for (const client of clients) client.close();
    office.close();
    await server.stop();
  }
}
