import { expect, test } from "vitest";
import { idFrom } from "./id.ts";

test("twelve base58 characters, bytes that would be folded are passed over", () => {
  expect(idFrom((count) => new Uint8Array(count))).toBe("111111111111");
  let calls = 0;
  const id = idFrom((count) => new Uint8Array(count).fill(++calls === 1 ? 255 : 57));
  expect(id).toBe("zzzzzzzzzzzz");
  expect(calls).toBe(2);
});
