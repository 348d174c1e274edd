/** Values that Automerge holds whole: the last writer wins. */
export type Scalar = string | number | boolean | null;

export const isScalar = (value: unknown): value is Scalar =>
  value === null || typeof value === "string" || Number.isFinite(value) || typeof value === "boolean";

/** A string that may be wrapped: Automerge gives scalar strings as `ImmutableString` objects. */
export function stringOf(value: unknown): string | null {
  if (typeof value === "string") return value;
  if (typeof value === "object" && value !== null && "val" in value && typeof value.val === "string")
    return value.val;
  return null;
}

/** The scalars of a JSON object that an attribute holds as text (`data` of what this version does not know). */
export function scalarsFrom(json: unknown): Record<string, Scalar> {
  let parsed: unknown = null;
  try {
    parsed = typeof json === "string" ? JSON.parse(json) : null;
  } catch {
    // Then it holds none.
  }
  const scalars: Record<string, Scalar> = {};
  if (typeof parsed === "object" && parsed !== null)
    for (const [name, value] of Object.entries(parsed)) if (isScalar(value)) scalars[name] = value;
  return scalars;
}
