/** A new document id in automerge-repo's form: base58 of 16 random bytes and 4 bytes of double SHA-256 (bs58check). */
import { createHash, randomBytes } from "node:crypto";

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

export function makeDocumentId(bytes: Uint8Array = randomBytes(16)): string {
  const checked = Buffer.concat([bytes, sha256(sha256(bytes)).subarray(0, 4)]);
  let rest = BigInt(`0x${checked.toString("hex")}`);
  let text = "";
  for (; rest > 0n; rest /= 58n) text = alphabet.charAt(Number(rest % 58n)) + text;
  const leadingZeros = checked.findIndex((byte) => byte !== 0);
  return "1".repeat(Math.max(0, leadingZeros)) + text;
}

/** Whether the check bytes of an id are right, as they are in all that automerge-repo makes. */
export function isMadeDocumentId(id: string): boolean {
  let number = 0n;
  for (const char of id) {
    const digit = alphabet.indexOf(char);
    if (digit < 0) return false;
    number = number * 58n + BigInt(digit);
  }
  const hex = number.toString(16);
  if (hex.length > 40) return false;
  const bytes = Buffer.from(hex.padStart(40, "0"), "hex");
  return makeDocumentId(bytes.subarray(0, 16)) === id;
}
