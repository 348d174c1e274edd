/** For tests only: a self-signed certificate and its key, made anew each time, for this machine's own names. */
import { spawnSync } from "node:child_process";
import { join } from "node:path";

export interface TestCertificate {
  readonly cert: string;
  readonly key: string;
}

export function makeCertificate(folder: string, name: string, days = 100): TestCertificate {
  const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
  const words =
    `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days ${days} -subj /CN=${name} ` +
    `-addext subjectAltName=DNS:localhost,IP:127.0.0.1 -keyout ${files.key} -out ${files.cert}`;
  const made = spawnSync("openssl", words.split(" "), { encoding: "utf8" });
  if (made.status !== 0) throw new Error(`openssl: ${made.error?.message ?? made.stderr}`);
  return files;
}
