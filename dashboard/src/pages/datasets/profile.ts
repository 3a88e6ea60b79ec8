/** What is known of a table's columns, as the service found it. */
import type { Dataset } from "../../api/datasets";
import { formatCount } from "../../format/numbers";

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

/** Whether a column looks like times: those of a series are dates, or numbers with a name such as `year`. */
export function looksLikeTime(column: Column): boolean {
  const isNamedSo = /^(time|timestamp|date|year|quarter|month|week|day|hour|period)s?$/i.test(column.name);
  return column.kind === "date" || (column.kind === "number" && isNamedSo);
}

const WORDS: readonly [kind: string, one: string, several: string][] = [
  ["text", "column of text", "columns of text"],
  ["number", "number", "numbers"],
  ["category", "category", "categories"],
  ["boolean", "column of yes or no", "columns of yes or no"],
  ["date", "date", "dates"],
  ["identifier", "identifier, which is left out", "identifiers, which are left out"],
];

/** What a file turned out to hold: `400 rows, each with a picture of 8 × 8 (X) and 1 number`. */
export function foundWords(dataset: Dataset): string {
  const columns = columnsOf(dataset);
  const arrays = columns.filter((column) => column.kind !== "identifier" && column.shape !== null);
  const plain = columns.filter((column) => !arrays.includes(column));
  const parts = [
    ...arrays.map(arrayWords),
    ...WORDS.map(([kind, one, several]) => {
      const count = plain.filter((column) => column.kind === kind).length;
      return count === 0 ? "" : formatCount(count, one, several);
    }),
  ].filter(Boolean);
  const last = parts.pop() ?? "nothing";
  const all = parts.length === 0 ? last : `${parts.join(", ")} and ${last}`;
  return `${formatCount(dataset.num_rows, "row")}, each with ${all}.`;
}

function arrayWords(column: Column): string {
  const [first, second, third] = column.shape ?? [];
  if (column.kind === "image") {
    const size = first == null || second == null ? "any size" : `${first} × ${second}`;
    return `a picture of ${size}${third === 1 ? " in gray" : ""} (${column.name})`;
  }
  const steps = first == null ? "a sequence of any length" : `a sequence of ${first} steps`;
  return `${steps}${second == null ? "" : ` with ${formatCount(second, "feature")}`} (${column.name})`;
}

/** The column to predict, as long as nobody has chosen one: the dataset's own, or the only one that can be. */
export function usualTarget(dataset: Dataset): string {
  const possible = columnsOf(dataset).filter(canBeTarget);
  return dataset.target ?? (possible.length === 1 ? (possible[0]?.name ?? "") : "");
}
