/** For tests only: a relay that lets in members only, and what apps and attackers do to it by HTTP and WebSocket. */
import { idOfSecret, TestDevice } from "./harness-access.ts";
import { changeBody, chunk, syncMessage } from "./harness-forge.ts";
import { RawClient, until, type Stage } from "./harness.ts";
import type { Relay, RelayOptions } from "./main.ts";
import type { AccessCall, AuditMessage, PeopleMessage } from "./protocol/access-messages.ts";
import type { Purpose } from "./protocol/challenge.ts";
import { parseReceipt } from "./protocol/messages.ts";
import type { Role } from "./protocol/roles.ts";

export const origin = "wss://relay.example.org";

export interface Said {
  readonly status: number;
  readonly body: unknown;
}

export class Members {
  readonly stage: Stage;
  readonly data: string;
  readonly owner = new TestDevice();
  relay: Relay;
  #invites = 0;

  private constructor(stage: Stage, data: string, relay: Relay) {
    this.stage = stage;
    this.data = data;
    this.relay = relay;
  }

  /** With an owner. */
  static async start(stage: Stage, options: Partial<RelayOptions> = {}): Promise<Members> {
    const data = stage.folder();
    const members = new Members(stage, data, await stage.relay({ origins: [origin], data, ...options }));
    const secret = "the first invite";
    const done = await members.relay.invite({
      id: idOfSecret(secret),
      role: "owner",
      uses: 1,
      lastsMs: 60_000,
    });
    if (!done.ok || (await members.accept(members.owner, secret, "owner")) !== 200)
      throw new Error("no owner was let in");
    return members;
  }

  async restart(): Promise<void> {
    await this.relay.stop();
    this.relay = await this.stage.relay({ origins: [origin], data: this.data });
  }

  async call(name: string, body: unknown, headers: Record<string, string> = {}): Promise<Said> {
    const response = await fetch(`http://127.0.0.1:${this.relay.port}/access/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: typeof body === "string" ? body : JSON.stringify(body),
    });
    if (response.headers.get("cache-control") !== "no-store") throw new Error(`${name} may be cached`);
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
  }

  /** `workspace` is what is named and signed, if it is another; `invite` the id of one that is signed. */
  async proof(
    device: TestDevice,
    purpose: Purpose,
    { workspace = this.relay.workspace, invite }: { workspace?: string; invite?: string } = {},
  ) {
    const { body } = await this.call("nonce", { workspace });
    const { nonce } = body as { nonce: string };
    const meant = { workspace, ...(invite !== undefined && { invite }) };
    return { workspace, ...device.prove(purpose, nonce, { origin }, meant) };
  }

  async accept(device: TestDevice, secret: string, name = "Ada"): Promise<number> {
    const shown = await this.proof(device, "accept", { invite: idOfSecret(secret) });
    return (await this.call("accept", { ...shown, secret, name, deviceName: "Laptop" })).status;
  }

  /** "" is none. */
  async ticket(device: TestDevice, purpose: Purpose = "sync"): Promise<string> {
    const { body } = await this.call("ticket", await this.proof(device, purpose));
    return (body as { ticket?: string }).ticket ?? "";
  }

  async manage(device: TestDevice, name: AccessCall, body: object): Promise<Said> {
    return this.call(name, body, { authorization: `Ticket ${await this.ticket(device, "manage")}` });
  }

  /** The secret of a new invite. */
  async invite(role: Role): Promise<string> {
    const secret = `invite ${++this.#invites}`;
    const invited = { id: idOfSecret(secret), role, uses: 1, lastsMs: 60_000 };
    const { status } = await this.manage(this.owner, "invite", invited);
    if (status !== 200) throw new Error(`no ${role} could be invited`);
    return secret;
  }

  /** A new one, called as their role. */
  async member(role: Role): Promise<TestDevice> {
    const device = new TestDevice();
    if ((await this.accept(device, await this.invite(role), role)) !== 200)
      throw new Error(`no ${role} was let in`);
    return device;
  }

  async memberOf(device: TestDevice): Promise<string> {
    const { body } = await this.manage(this.owner, "people", {});
    return (body as PeopleMessage).devices.find(({ id }) => id === device.id)?.member ?? "";
  }

  async audit(after = 0): Promise<readonly AuditMessage[]> {
    const { body } = await this.manage(this.owner, "audit", { after });
    return (body as { entries: AuditMessage[] }).entries;
  }

  /** With a ticket. */
  async urlFor(device: TestDevice): Promise<string> {
    return `${this.relay.url}?ticket=${await this.ticket(device)}`;
  }

  async connect(device: TestDevice): Promise<RawClient> {
    const client = await RawClient.join(await this.urlFor(device), "anything-it-likes");
    this.stage.defer(() => client.socket.terminate());
    return client;
  }
}

export interface Made {
  readonly bytes: Uint8Array;
  readonly hash: string;
}

/** A change without operations by a device, the same each time but for `content`. */
export const changeBy = (
  device: TestDevice,
  { seq = 1, deps = [], content = "" }: { seq?: number; deps?: readonly string[]; content?: string } = {},
): Made =>
  chunk(1, changeBody({ actor: device.id.slice(0, 16) + "0".repeat(16), seq, deps }, Buffer.from(content)));

export function bring(client: RawClient, documentId: string, changes: readonly Made[]): void {
  const heads = changes.slice(-1).map(({ hash }) => hash);
  client.frame("sync", documentId, syncMessage({ heads, changes: changes.map(({ bytes }) => bytes) }));
}

const isReceipted = (client: RawClient, { hash }: Made): boolean =>
  client.of("receipt").some((each) => parseReceipt(each)?.heads.includes(hash));

export const receipted = (client: RawClient, change: Made): Promise<void> =>
  until("receipted", () => isReceipted(client, change));

export const refusals = (client: RawClient): unknown[] => client.of("refused").map(({ why }) => why);

/** Of sync frames of one document, what changes they hold: their bytes in hex, one after another. */
export const servedTo = (client: RawClient, documentId: string): string =>
  client
    .of("sync")
    .filter((each) => each["documentId"] === documentId)
    .map(({ data }) => (data instanceof Uint8Array ? Buffer.from(data).toString("hex") : ""))
    .join();
