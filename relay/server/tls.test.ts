import { spawnSync } from "node:child_process";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { makeCertificate, type TestCertificate } from "../test-certificate.ts";
import { listen, makeHttpServer, type HttpServer } from "./http.ts";
import { Certificate, loadTls } from "./tls.ts";

const folder = mkdtempSync(join(tmpdir(), "deckle-tls-"));
const dayMs = 24 * 3_600_000;
let one: TestCertificate;
let two: TestCertificate;
const closers: (() => unknown)[] = [];
const events: [string, Readonly<Record<string, string | number>>][] = [];

beforeAll(() => {
  one = makeCertificate(folder, "one");
  two = makeCertificate(folder, "two", 5);
});
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
  events.length = 0;
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const reason = (files: TestCertificate, nowMs = Date.now()): string => {
  const loaded = loadTls(files, nowMs);
  return loaded.ok ? "" : loaded.reason.replaceAll(folder, "FOLDER");
};

test("what is wrong with the files is said in words", () => {
  const locked = join(folder, "locked.key");
  spawnSync("openssl", ["pkcs8", "-topk8", "-in", one.key, "-out", locked, "-passout", "pass:x"]);
  expect(reason(one)).toBe("");
  expect(reason({ ...one, cert: join(folder, "none.pem") })).toBe(
    "the certificate FOLDER/none.pem is not there",
  );
  expect(reason({ ...one, key: join(folder, "none.key") })).toBe(
    "the private key FOLDER/none.key is not there",
  );
  expect(reason({ ...one, key: folder })).toBe("the private key FOLDER cannot be read (EISDIR)");
  expect(reason({ ...one, cert: write("empty.pem", "") })).toContain("is not a certificate in PEM");
  expect(reason({ cert: one.key, key: one.cert })).toContain("one.key is not a certificate in PEM");
  expect(reason({ ...one, key: one.cert })).toBe("FOLDER/one.pem is not a private key in PEM");
  expect(reason({ ...one, key: locked })).toContain("locked.key has a passphrase");
  expect(reason({ ...one, key: two.key })).toContain(
    "two.key is not the key of the first certificate in FOLDER/one.pem",
  );
  const wrongOrder = write("chain.pem", readFileSync(two.cert, "utf8") + readFileSync(one.cert, "utf8"));
  expect(reason({ ...one, cert: wrongOrder })).toContain("the server's own must stand first");
  expect(reason(one, Date.now() + 101 * dayMs)).toMatch(/ended on \d{4}-\d\d-\d\d: renew it$/);
  expect(reason(one, Date.now() - dayMs)).toMatch(/begins only on .* clock right\?$/);
});

async function serve(
  files: TestCertificate,
): Promise<{ http: HttpServer; port: number; certificate: Certificate }> {
  const certificate = Certificate.open(files, Date.now, (...event) => void events.push(event));
  const http = makeHttpServer({
    routes: new Map([["/here", () => ({ status: 200, body: "here\n" })]]),
    onBug: () => {},
    upgraded: () => 0,
    tls: certificate.context,
  });
  const port = await listen(http.server, "127.0.0.1", 0);
  closers.push(() => new Promise((done) => (http.server.close(done), http.server.closeAllConnections())));
  return { http, port, certificate };
}
function opened(port: number, options: ConnectionOptions): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "localhost", ...options }, () => resolve(socket));
    socket.on("error", reject);
    closers.push(() => socket.destroy());
  });
}
const trusting = (files: TestCertificate): ConnectionOptions => ({
  ca: readFileSync(files.cert),
  servername: "localhost",
});
const answered = (socket: TLSSocket): Promise<string> =>
  new Promise((resolve) => {
    socket.once("data", (data) => resolve(data.toString()));
    socket.write("GET /here HTTP/1.1\r\nHost: localhost\r\n\r\n");
  });

test("TLS 1.2 and 1.3 connect, older ones and plain HTTP do not", async () => {
  const { port } = await serve(one);
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    const socket = await opened(port, { ...trusting(one), minVersion: version, maxVersion: version });
    expect([socket.authorized, socket.getProtocol()]).toEqual([true, version]);
    expect(await answered(socket)).toContain("here\n");
  }
  const old = {
    ...trusting(one),
    minVersion: "TLSv1" as const,
    maxVersion: "TLSv1.1" as const,
    ciphers: "DEFAULT@SECLEVEL=0",
  };
  await expect(opened(port, old)).rejects.toThrow(/protocol|version|alert/i);
  await expect(fetch(`http://localhost:${port}/here`)).rejects.toThrow("fetch failed");
});

test("a reload is for new connections; those that stand go on", async () => {
  const files = { cert: join(folder, "live.pem"), key: join(folder, "live.key") };
  const use = (from: TestCertificate): void => {
    copyFileSync(from.cert, files.cert);
    copyFileSync(from.key, files.key);
  };
  use(one);
  const { http, port, certificate } = await serve(files);
  const standing = await opened(port, trusting(one));
  use(two);
  expect(certificate.reload()).toBe(true);
  http.setTls(certificate.context);
  expect((await opened(port, trusting(two))).authorized).toBe(true);
  await expect(opened(port, trusting(one))).rejects.toThrow("certificate");
  expect(await answered(standing)).toContain("here\n");
  expect(events.map(([event]) => event)).toEqual(["tls-certificate", "tls-reloaded", "tls-expires-soon"]);

  // Half of a renewal: the old one stays in use.
  copyFileSync(one.cert, files.cert);
  expect(certificate.reload()).toBe(false);
  expect(events.at(-1)?.[0]).toBe("tls-reload-failed");
  expect((await opened(port, trusting(two))).authorized).toBe(true);
});

test("who never finishes the handshake counts as a socket and keeps nobody out", async () => {
  const { http, port } = await serve(one);
  const { connect: connectTcp } = await import("node:net");
  const silent = connectTcp(port, "127.0.0.1");
  closers.push(() => silent.destroy());
  await new Promise((resolve) => silent.once("connect", resolve));
  const socket = await opened(port, trusting(one));
  expect(await answered(socket)).toContain("here\n");
  expect(http.sockets()).toBe(2);
});
