/** What is known of a table's columns, as the service found it. */
import type { Dataset } from "../../api/datasets";

export interface Column {
  name: string;
  kind: string;
  /** Why it is taken for that kind. */
  reason: string;
  num_missing: number;
  num_unique: number | null;
  value_counts: readonly (readonly [string, number])[];
  minimum: number | null;
  maximum: number | null;
  mean: number | null;
  /** Counts in parts of equal width from the smallest to the largest; empty where there are no numbers. */
  histogram?: readonly number[];
  shape: readonly (number | null)[] | null;
}

/** Kinds that a column of plain values can be given; arrays keep theirs. */
export const KINDS = ["number", "category", "boolean", "date", "text", "identifier"] as const;
const ARRAYS: readonly string[] = ["image", "sequence"];

export function columnsOf(dataset: Dataset): readonly Column[] {
  return (dataset.profile.columns ?? []) as Column[];
}

/** The kinds to choose from for a column: first the one that it has. */
export function kindsFor(column: Column): readonly string[] {
  if (ARRAYS.includes(column.kind) || column.shape !== null) return [...new Set([column.kind, "identifier"])];
  return [column.kind, ...KINDS.filter((kind) => kind !== column.kind)];
}

/** Whether a study can predict it. */
export function canBeTarget(column: Column): boolean {
  return ["number", "category", "boolean"].includes(column.kind);
}
