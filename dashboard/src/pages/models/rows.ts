/** A row to predict, as a form holds it. */
import type { Cells, Model } from "../../api/models";
import type { Column } from "../datasets/profile";

/** Kinds whose cells cannot be typed in. */
const ARRAYS: readonly string[] = ["image", "sequence"];

/** Whether a person can type in a row for the model. */
export function canBeTyped(model: Model): boolean {
  return model.task !== "forecast" && model.columns.every((column) => !ARRAYS.includes(column.kind));
}

/** The row that a form says; an empty cell is a missing value. */
export function rowOf(model: Model, typed: Readonly<Record<string, string>>): Cells {
  return Object.fromEntries(
    model.columns.map((column) => [column.name, cellOf(column.kind, typed[column.name] ?? "")]),
  );
}

function cellOf(kind: string, text: string): Cells[string] {
  if (text.trim() === "") return null;
  const number = Number(text);
  // What is no number is sent as it is: the service says what it makes of it.
  return kind === "number" && Number.isFinite(number) ? number : text;
}

/** Columns in which something stands that is no number where one is wanted. */
export function rowErrors(model: Model, typed: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    model.columns
      .filter(({ name, kind }) => kind === "number" && !Number.isFinite(Number(typed[name] ?? "")))
      .map(({ name }) => [name, "must be a number, or empty"]),
  );
}

/** A row to begin with: what is in the middle of each column, or most frequent there. */
export function usualRow(model: Model, columns: readonly Column[]): Record<string, string> {
  const known = new Map(columns.map((column) => [column.name, column]));
  return Object.fromEntries(
    model.columns.map(({ name, kind }) => {
      const column = known.get(name);
      const mean = column?.mean ?? null;
      if (kind === "number" && mean !== null) return [name, String(Number(mean.toPrecision(3)))];
      return [name, column?.value_counts[0]?.[0] ?? ""];
    }),
  );
}

/** What can be chosen in a column of few values; null: anything can be typed. */
export function choicesFor(column: Column | undefined): readonly string[] | null {
  if (column === undefined || !["category", "boolean"].includes(column.kind)) return null;
  const values = column.value_counts.map(([value]) => value);
  return values.length > 0 && values.length === column.num_unique && values.length <= 50 ? values : null;
}
