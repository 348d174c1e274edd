/**
 * What the system keeps secrets with: Keychain on macOS, DPAPI on Windows, a keyring on Linux. Linux may have
 * none; what is encrypted there all the same can be read by whoever reads the file, so it does not count as
 * protected.
 */
import type { SafeStorage } from "electron";

export interface Vault {
  /** Whether what is encrypted now can be read by this person, logged in, alone. */
  isProtecting(): Promise<boolean>;
  /** Rejects where the system does not do it. */
  encrypt(text: string): Promise<Uint8Array>;
  /** Rejects where it was encrypted by somebody else, elsewhere, or with a key that is gone. */
  decrypt(bytes: Uint8Array): Promise<string>;
}

type Later = "isAsyncEncryptionAvailable" | "encryptStringAsync" | "decryptStringAsync";
type Linux = "getSelectedStorageBackend";

/** `safeStorage`: the newer calls are not in every Electron, and the backend is Linux's alone. */
export type SystemStorage = Pick<SafeStorage, "isEncryptionAvailable" | "encryptString" | "decryptString"> &
  Partial<Pick<SafeStorage, Later | Linux>>;

/** Use only when Electron is ready: before, the system is not asked. */
export function systemVault(storage: SystemStorage): Vault {
  return {
    isProtecting: async () => {
      const backend = storage.getSelectedStorageBackend?.();
      if (backend === "basic_text" || backend === "unknown") return false;
      return storage.isAsyncEncryptionAvailable
        ? await storage.isAsyncEncryptionAvailable()
        : storage.isEncryptionAvailable();
    },
    encrypt: async (text) =>
      storage.encryptStringAsync ? await storage.encryptStringAsync(text) : storage.encryptString(text),
    decrypt: async (bytes) => {
      const buffer = Buffer.from(bytes);
      return storage.decryptStringAsync
        ? (await storage.decryptStringAsync(buffer)).result
        : storage.decryptString(buffer);
    },
  };
}
