/** Ids of containers: random, in base58, from randomness that comes from outside. */

const alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const idLength = 12; // 70 bits: no two containers of a document meet

/**
 * @param randomBytes gives that many random bytes
 * @returns an id of 12 characters; 58 does not divide 256, so bytes from 232 up are thrown away, not folded
 */
export function idFrom(randomBytes: (count: number) => Uint8Array): string {
  let id = "";
  while (id.length < idLength) {
    for (const byte of randomBytes(idLength * 2)) {
      if (byte < 232 && id.length < idLength) id += alphabet.charAt(byte % 58);
    }
  }
  return id;
}
