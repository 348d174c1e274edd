/** A group of figures that are measured together, under the name that `--only` takes. */
import type { Row } from "../report.ts";

export interface Amounts {
  /** Fewer and shorter runs: to see that it works, not to quote. */
  readonly quick: boolean;
}
export interface Measured {
  readonly rows: readonly Row[];
  readonly wanted?: readonly {
    readonly what: string;
    readonly unit: string;
    readonly most: number;
    readonly measured: number;
  }[];
  readonly notes?: readonly string[];
}
export type Measure = (amounts: Amounts) => Promise<Measured>;

export const rounded = (value: number, digits = 1): number => Number(value.toFixed(digits));
/** One figure that was taken once. */
export const once = (value: number): { median: number; p95: number } => ({ median: value, p95: value });
export const mebibytes = (bytes: number): number => rounded(bytes / 2 ** 20);
