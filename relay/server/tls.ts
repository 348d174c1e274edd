/**
 * Certificate and key out of their files, checked before a client would find out: there, readable, of each other,
 * and in force. What is wrong is told in words; a relay that is running goes on with what it has.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from "node:crypto";
import { readFileSync } from "node:fs";
import { tlsExpiresSoonMs } from "../protocol/limits.ts";
import type { Report } from "../sync/ports.ts";

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}
export type LoadedTls =
  | {
      readonly ok: true;
      readonly cert: string;
      readonly key: string;
      readonly endsAtMs: number;
      readonly subject: string;
    }
  | { readonly ok: false; readonly reason: string };

export function loadTls(files: TlsFiles, nowMs: number): LoadedTls {
  const refuse = (reason: string): LoadedTls => ({ ok: false, reason });
  const cert = readText(files.cert, "certificate");
  if ("reason" in cert) return refuse(cert.reason);
  const key = readText(files.key, "private key");
  if ("reason" in key) return refuse(key.reason);
  const certificate = parseCertificate(cert.text);
  if (!certificate)
    return refuse(
      `${files.cert} is not a certificate in PEM: it must begin with -----BEGIN CERTIFICATE-----`,
    );
  const privateKey = parseKey(key.text);
  if (!privateKey) {
    const isLocked = key.text.includes("ENCRYPTED");
    return refuse(
      isLocked
        ? `${files.key} has a passphrase, for which the relay cannot ask: store the key without, readable by the relay only`
        : `${files.key} is not a private key in PEM`,
    );
  }
  if (!certificate.checkPrivateKey(privateKey)) {
    return refuse(
      `${files.key} is not the key of the first certificate in ${files.cert}: the server's own must stand first, and both be of one renewal`,
    );
  }
  const [startsAtMs, endsAtMs] = [Date.parse(certificate.validFrom), Date.parse(certificate.validTo)];
  if (endsAtMs <= nowMs)
    return refuse(`the certificate in ${files.cert} ended on ${day(endsAtMs)}: renew it`);
  if (startsAtMs > nowMs)
    return refuse(
      `the certificate in ${files.cert} begins only on ${day(startsAtMs)}: is this machine's clock right?`,
    );
  return {
    ok: true,
    cert: cert.text,
    key: key.text,
    endsAtMs,
    subject: certificate.subjectAltName ?? certificate.subject,
  };
}

/** The one in use. Replaced only by one that is right. */
export class Certificate {
  readonly #files: TlsFiles;
  readonly #nowMs: () => number;
  readonly #report: Report;
  #loaded: LoadedTls & { ok: true };

  private constructor(
    files: TlsFiles,
    loaded: LoadedTls & { ok: true },
    nowMs: () => number,
    report: Report,
  ) {
    this.#files = files;
    this.#loaded = loaded;
    this.#nowMs = nowMs;
    this.#report = report;
    this.#tell("tls-certificate");
  }
  /** Throws with words for the operator. */
  static open(files: TlsFiles, nowMs: () => number, report: Report): Certificate {
    const loaded = loadTls(files, nowMs());
    if (!loaded.ok) throw new Error(loaded.reason);
    return new Certificate(files, loaded, nowMs, report);
  }

  get context(): { readonly cert: string; readonly key: string } {
    return { cert: this.#loaded.cert, key: this.#loaded.key };
  }
  get endsAtMs(): number {
    return this.#loaded.endsAtMs;
  }

  /** Whether there is another one now. */
  reload(): boolean {
    const loaded = loadTls(this.#files, this.#nowMs());
    if (!loaded.ok) {
      this.#report("tls-reload-failed", { reason: loaded.reason });
      return false;
    }
    this.#loaded = loaded;
    this.#tell("tls-reloaded");
    return true;
  }

  #tell(event: string): void {
    const { endsAtMs, subject } = this.#loaded;
    const ends = new Date(endsAtMs).toISOString();
    this.#report(event, { subject, ends });
    if (endsAtMs - this.#nowMs() < tlsExpiresSoonMs) this.#report("tls-expires-soon", { ends });
  }
}

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function readText(file: string, what: string): { text: string } | { reason: string } {
  try {
    return { text: readFileSync(file, "utf8") };
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const why =
      code === "ENOENT"
        ? "is not there"
        : code === "EACCES"
          ? "may not be read by the relay's user"
          : `cannot be read (${String(code)})`;
    return { reason: `the ${what} ${file} ${why}` };
  }
}

function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function parseKey(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    return undefined;
  }
}
