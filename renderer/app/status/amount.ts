/**
 * Amounts of bytes in words: MB with one decimal, kB below one MB. What has come is rounded down and what is still to
 * come up, so that nothing is said to be there that is not.
 */
import type { Receiving } from "../../engine/port.ts";

const kilo = 1_000;
const mega = 1_000_000;

const inMega = (bytes: number, round: (value: number) => number): string =>
  (round((bytes * 10) / mega) / 10).toFixed(1);

/** What is still to come or to go: "4.1 MB". */
export function amount(bytes: number): string {
  const kilobytes = Math.ceil(bytes / kilo);
  return kilobytes < mega / kilo ? `${kilobytes} kB` : `${inMega(bytes, Math.ceil)} MB`;
}

/** "3.1 of 12.0 MB", or all that is to come as long as nothing of it is here. */
export function amountReceived({ receivedBytes, totalBytes }: Receiving): string {
  const total = amount(totalBytes);
  if (receivedBytes === 0) return total;
  const received = total.endsWith(" MB")
    ? inMega(receivedBytes, Math.floor)
    : String(Math.floor(receivedBytes / kilo));
  return `${received} of ${total}`;
}
