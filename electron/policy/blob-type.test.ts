import { expect, test } from "vitest";
import { blobHeaders, blobType, bytesType } from "./blob-type.ts";

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (each) => each.charCodeAt(0));

test.each([
  ["\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png"],
  ["\xff\xd8\xff\xe0\0\x10JFIF", "image/jpeg"],
  ["GIF89a", "image/gif"],
  ["GIF87a", "image/gif"],
  ["RIFF\x24\0\0\0WEBPVP8 ", "image/webp"],
  ["\0\0\0\x1cftypavif\0\0\0\0", "image/avif"],
  ["\0\0\0\x1cftypavis\0\0\0\0", "image/avif"],
  ["%PDF-1.7", "application/pdf"],
  ["<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"],
  ["\xef\xbb\xbf<?xml version='1.0'?>\n<!-- made by --><!-- hand -->\n<svg>", "image/svg+xml"],
  ['<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" [<!ENTITY a "b">]>\n<svg>', "image/svg+xml"],
  ["<!doctype svg><svg/>", "image/svg+xml"],
  ["", bytesType],
  ["<html><svg></html>", bytesType],
  ["<svgs>", bytesType],
  ["<!-- <svg> ", bytesType],
  ["<script>alert(1)</script>", bytesType],
  ["\x89PNG", bytesType],
  ["RIFF\x24\0\0\0WAVE", bytesType],
  ["\0\0\0\x1cftypmp42", bytesType],
  ["GIF90a", bytesType],
])("%j is %s", (head, type) => {
  expect(blobType(latin1(head))).toBe(type);
});

test("only images are served as what they are, and none may run anything", () => {
  expect(blobHeaders("image/svg+xml")).toEqual({
    "Content-Type": "image/svg+xml",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "private, max-age=31536000, immutable",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
  });
  expect(blobHeaders("application/pdf")).toMatchObject({
    "Content-Type": bytesType,
    "Content-Disposition": "attachment",
  });
});
