/**
 * What a ticket costs at a relay with many members and documents: the answer to the signature of a device, over a
 * connection that is kept, one after another and several at a time. Signing is done before, and not measured.
 */
import { Agent, request } from "node:http";
import type { TestDevice } from "../../../relay/harness-access.ts";
import { z } from "zod";
import { atOnce } from "../relay/bench.ts";

const nonceAnswer = z.object({ nonce: z.string() });
const ticketAnswer = z.object({ ticket: z.string() });

export class TicketOffice {
  readonly #port: number;
  readonly #workspace: string;
  readonly #agent = new Agent({ keepAlive: true });

  constructor(port: number, workspace: string) {
    this.#port = port;
    this.#workspace = workspace;
  }

  /** A ticket to connect with. */
  async ticket(device: TestDevice): Promise<string> {
    return ticketAnswer.parse(await this.#post("ticket", await this.#proof(device))).ticket;
  }

  async urlFor(device: TestDevice): Promise<string> {
    return `ws://127.0.0.1:${this.#port}/sync?ticket=${await this.ticket(device)}`;
  }

  /** Milliseconds that each device waited for its ticket. */
  async timed(devices: readonly TestDevice[], width: number): Promise<number[]> {
    const times: number[] = [];
    await atOnce(width, devices, async (device) => {
      const proof = await this.#proof(device);
      const startedAtMs = performance.now();
      const answer = await this.#post("ticket", proof);
      times.push(performance.now() - startedAtMs);
      ticketAnswer.parse(answer);
    });
    return times;
  }

  close(): void {
    this.#agent.destroy();
  }

  async #proof(device: TestDevice): Promise<object> {
    const workspace = this.#workspace;
    const { nonce } = nonceAnswer.parse(await this.#post("nonce", { workspace }));
    const origin = `ws://127.0.0.1:${this.#port}`;
    return { workspace, ...device.prove("sync", nonce, { origin }, { workspace }) };
  }

  #post(name: string, body: object): Promise<unknown> {
    const text = JSON.stringify(body);
    return new Promise((resolve, reject) => {
      const asked = request(
        {
          agent: this.#agent,
          host: "127.0.0.1",
          port: this.#port,
          path: `/access/${name}`,
          method: "POST",
          headers: { "content-type": "application/json", "content-length": Buffer.byteLength(text) },
        },
        (answer) => {
          let said = "";
          answer.setEncoding("utf8");
          answer.on("data", (part: string) => (said += part));
          answer.on("end", () => resolve(JSON.parse(said)));
        },
      );
      asked.on("error", reject);
      asked.end(text);
    });
  }
}
