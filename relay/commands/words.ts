/** Numbers as people read them. */
const million = 1e6;

export function megabytes(bytes: number): string {
  return bytes < million ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / million).toFixed(1)} MB`;
}
