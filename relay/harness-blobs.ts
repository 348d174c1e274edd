/** For tests only: blobs, and what apps and attackers do to them by HTTP. */
import { createHash, randomBytes } from "node:crypto";

export interface TestBlob {
  readonly hash: string;
  readonly bytes: Buffer;
}

export function testBlob(bytes: number): TestBlob {
  const content = randomBytes(bytes);
  return { bytes: content, hash: createHash("sha256").update(content).digest("hex") };
}

export interface BlobAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly bytes: Buffer;
  readonly json: unknown;
}

/** Asks a relay on this machine as somebody whose tickets `authorization` makes. */
export class BlobCaller {
  readonly #port: number;
  readonly #workspace: string;
  readonly #authorization: () => Promise<string>;

  constructor(port: number, workspace: string, authorization: () => Promise<string> = async () => "") {
    this.#port = port;
    this.#workspace = workspace;
    this.#authorization = authorization;
  }

  async ask(path: string, init: RequestInit = {}): Promise<BlobAnswer> {
    const authorization = await this.#authorization();
    const response = await fetch(`http://127.0.0.1:${this.#port}/blobs/${this.#workspace}/${path}`, {
      ...init,
      headers: { ...init.headers, ...(authorization !== "" && { authorization }) },
    });
    const bytes = Buffer.from(await response.arrayBuffer());
    const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
    const json: unknown = isJson && bytes.length > 0 ? JSON.parse(bytes.toString()) : undefined;
    return { status: response.status, headers: response.headers, bytes, json };
  }

  read(hash: string, init?: RequestInit): Promise<BlobAnswer> {
    return this.ask(hash, init);
  }

  async progress({ hash, bytes }: TestBlob): Promise<unknown> {
    return (await this.ask(`${hash}/upload?total=${bytes.length}`)).json;
  }

  piece({ hash, bytes }: TestBlob, from: number, to = bytes.length): Promise<BlobAnswer> {
    const body = new Uint8Array(bytes.subarray(from, to));
    return this.ask(`${hash}?offset=${from}&total=${bytes.length}`, { method: "PUT", body });
  }
}
