import { expect, test } from "vitest";
import { blobsOf } from "../electron/policy/mirror.ts";
import { fileExtensions, filePath } from "../renderer/document/file-path.ts";
import { imagePath } from "../renderer/document/image-path.ts";

const hash = "ab".repeat(32);

test("what Markdown calls a file or a picture is what the readable copy takes", () => {
  const files = [...fileExtensions, "exe"].map((extension) => filePath(hash, `name.${extension}`));
  const types = [
    "image/png",
    "image/jpeg",
    "image/gif",
    "image/webp",
    "image/avif",
    "image/svg+xml",
    "image/bmp",
  ];
  const images = [...types, "image/x-icon", ""].map((type) => imagePath(hash, type));
  const all = [...files, ...images].map((path) => path ?? "none");
  const text = all.map((path) => `[x](${path})`).join(" ");
  expect(blobsOf(text)).toEqual(all.map((name) => ({ sha256: hash, name })));
});
