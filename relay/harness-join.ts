/** For tests only: devices that come to a relay by HTTP, in the workspace that they mean. */
import type { Proof } from "./access/access.ts";
import { idOfSecret, TestDevice } from "./harness-access.ts";
import type { Said } from "./harness-members.ts";
import { RawClient, type Stage } from "./harness.ts";
import type { Relay } from "./main.ts";
import type { Purpose } from "./protocol/challenge.ts";

/** One device at one workspace of a relay. */
export class Visitor {
  readonly #relay: Pick<Relay, "port" | "url">;
  readonly origin: string;
  readonly workspace: string;
  readonly device: TestDevice;

  constructor(
    relay: Pick<Relay, "port" | "url">,
    at: { readonly origin: string; readonly workspace: string },
    device: TestDevice = new TestDevice(),
  ) {
    this.#relay = relay;
    this.origin = at.origin;
    this.workspace = at.workspace;
    this.device = device;
  }

  async call(name: string, body: object, headers: Record<string, string> = {}): Promise<Said> {
    const response = await fetch(`http://127.0.0.1:${this.#relay.port}/access/${name}`, {
      method: "POST",
      headers: { "content-type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith("{") ? JSON.parse(text) : text };
  }

  /** Takes an invite. */
  async accept(secret: string, name = "Ada"): Promise<number> {
    const proof = await this.proof("accept", {}, { invite: idOfSecret(secret) });
    return (await this.call("accept", { ...proof, secret, name, deviceName: "Laptop" })).status;
  }

  /** "" where none is given. */
  async ticket(purpose: Purpose = "sync"): Promise<string> {
    const { body } = await this.call("ticket", await this.proof(purpose));
    return typeof body === "object" && body !== null && "ticket" in body ? String(body.ticket) : "";
  }

  async manage(name: string, body: object): Promise<Said> {
    return this.call(name, body, { authorization: `Ticket ${await this.ticket("manage")}` });
  }

  async connect(stage: Stage, ticket?: string): Promise<RawClient> {
    const shown = ticket ?? (await this.ticket());
    const client = await RawClient.join(`${this.#relay.url}?ticket=${shown}`, "anything");
    stage.defer(() => client.socket.terminate());
    return client;
  }

  /** "" where there is none. */
  async nonce(): Promise<string> {
    const { body } = await this.call("nonce", { workspace: this.workspace });
    return typeof body === "object" && body !== null && "nonce" in body ? String(body.nonce) : "";
  }

  /** With a new nonce. `said` is what it claims, `meant` what it signs, where they differ. */
  async proof(
    purpose: Purpose,
    said: Partial<Proof> = {},
    meant: { workspace?: string; origin?: string; invite?: string } = {},
  ): Promise<Proof & { readonly workspace: string }> {
    const { workspace, origin } = this;
    const nonce = await this.nonce();
    return { workspace, ...this.device.prove(purpose, nonce, { origin, ...said }, { workspace, ...meant }) };
  }
}
