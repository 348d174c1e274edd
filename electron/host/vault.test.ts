import { expect, test } from "vitest";
import { systemVault, type SystemStorage } from "./vault.ts";

const turned = (text: string): string => [...text].toReversed().join("");
/** An Electron that has only what every one has. */
const old: SystemStorage = {
  isEncryptionAvailable: () => true,
  encryptString: (text) => Buffer.from(turned(text)),
  decryptString: (bytes) => turned(bytes.toString()),
};
const refuses = (): never => {
  throw new Error("not to be called");
};

test("without the newer calls the older ones are used", async () => {
  const vault = systemVault(old);
  expect(await vault.isProtecting()).toBe(true);
  expect(await vault.decrypt(await vault.encrypt("secret"))).toBe("secret");
  expect(await systemVault({ ...old, isEncryptionAvailable: () => false }).isProtecting()).toBe(false);
});

test("where there are newer ones, the older are not called", async () => {
  const vault = systemVault({
    isEncryptionAvailable: refuses,
    encryptString: refuses,
    decryptString: refuses,
    isAsyncEncryptionAvailable: () => Promise.resolve(true),
    encryptStringAsync: (text) => Promise.resolve(Buffer.from(turned(text))),
    decryptStringAsync: (bytes) =>
      Promise.resolve({ result: turned(bytes.toString()), shouldReEncrypt: false }),
  });
  expect(await vault.isProtecting()).toBe(true);
  expect(await vault.decrypt(await vault.encrypt("secret"))).toBe("secret");
});

test.each([
  ["basic_text", false],
  ["unknown", false],
  ["gnome_libsecret", true],
] as const)("on Linux with %s something encrypted counts as protected: %s", async (backend, isProtecting) => {
  const vault = systemVault({ ...old, getSelectedStorageBackend: () => backend });
  expect(await vault.isProtecting()).toBe(isProtecting);
});

test("what the system cannot decrypt rejects", async () => {
  await expect(systemVault({ ...old, decryptString: refuses }).decrypt(Buffer.of(1))).rejects.toThrow(
    "not to be called",
  );
});
