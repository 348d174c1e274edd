/**
 * Document ids in automerge-repo's form: base58 of 16 bytes, a UUID, and 4 bytes of double SHA-256 (bs58check).
 *
 * Documents have random UUIDs (version 4), as automerge-repo makes them. The comments on a document are a document of
 * their own, so that who may comment writes there and nowhere else: its id has the same bytes with version 8. So
 * nobody has to say, or be believed, what a document is or which one it is about, and nothing has to be looked up.
 */
import { createHash, randomBytes } from "node:crypto";

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";

const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();

export function makeDocumentId(bytes: Uint8Array = randomUuid()): string {
  const checked = Buffer.concat([bytes, sha256(sha256(bytes)).subarray(0, 4)]);
  let rest = BigInt(`0x${checked.toString("hex")}`);
  let text = "";
  for (; rest > 0n; rest /= 58n) text = alphabet.charAt(Number(rest % 58n)) + text;
  const leadingZeros = checked.findIndex((byte) => byte !== 0);
  return "1".repeat(Math.max(0, leadingZeros)) + text;
}

const idBytes = 20;
/** By character code. */
const digits = new Int8Array(128).fill(-1);
for (let digit = 0; digit < alphabet.length; digit++) digits[alphabet.charCodeAt(digit)] = digit;

/**
 * The bytes that an id stands for, the check bytes among them; undefined where there are more than may be. It is asked
 * for each document of a feed, so it goes without large numbers: 24 bits at a time, four characters at a time.
 */
function decode(id: string): Buffer | undefined {
  const limbs = [0, 0, 0, 0, 0, 0, 0];
  for (let at = 0; at < id.length; at += 4) {
    let carry = 0;
    let factor = 1;
    for (let i = at; i < Math.min(at + 4, id.length); i++, factor *= 58) {
      const digit = digits[id.charCodeAt(i)] ?? -1;
      if (digit < 0) return undefined;
      carry = carry * 58 + digit;
    }
    for (let i = 0; i < limbs.length; i++) {
      const sum = (limbs[i] ?? 0) * factor + carry;
      limbs[i] = sum % 2 ** 24;
      carry = Math.floor(sum / 2 ** 24);
    }
    if (carry > 0) return undefined;
  }
  const wide = Buffer.alloc(limbs.length * 3);
  for (const [i, limb] of limbs.entries()) wide.writeUIntBE(limb, wide.length - 3 * (i + 1), 3);
  return wide[0] === 0 ? wide.subarray(wide.length - idBytes) : undefined;
}

const uuidOf = (decoded: Buffer): Buffer => decoded.subarray(0, 16);

export function isMadeDocumentId(id: string): boolean {
  const decoded = decode(id);
  return decoded !== undefined && makeDocumentId(uuidOf(decoded)) === id;
}

/** Where a UUID says what it is: the high half of one byte, and the two highest bits of another (RFC 9562). */
const versionAt = 6;
const variantAt = 8;
const ofDocuments = 4;
const ofComments = 8;

export const commentsOf = (documentId: string): string | undefined =>
  withVersion(documentId, ofDocuments, ofComments);
/** The document that these are the comments on; undefined is a document that is no comments. */
export const commentedBy = (documentId: string): string | undefined =>
  withVersion(documentId, ofComments, ofDocuments);

function withVersion(id: string, from: number, to: number): string | undefined {
  const decoded = decode(id);
  if (!decoded || decoded.readUInt8(versionAt) >> 4 !== from || decoded.readUInt8(variantAt) >> 6 !== 0b10)
    return undefined;
  // Last, as it costs the most: of what is no comments it is not asked.
  return makeDocumentId(uuidOf(decoded)) === id ? makeDocumentId(setVersion(uuidOf(decoded), to)) : undefined;
}

function setVersion(bytes: Buffer, version: number): Buffer {
  bytes.writeUInt8((bytes.readUInt8(versionAt) & 0x0f) | (version << 4), versionAt);
  return bytes;
}

function randomUuid(): Buffer {
  const bytes = setVersion(randomBytes(16), ofDocuments);
  bytes.writeUInt8((bytes.readUInt8(variantAt) & 0x3f) | 0x80, variantAt);
  return bytes;
}
