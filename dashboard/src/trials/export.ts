/** Trials as files for other programs. */
import type { CellColumn } from "./cells";
import type { Scalar } from "./table";

/** Spreadsheets take a cell that begins so for a formula, which whoever wrote the parameter could abuse. */
const FORMULA = /^[=+\-@\t\r]/;

/** Trials as CSV (RFC 4180). Text that looks like a formula gets an apostrophe before it; numbers stay numbers. */
export function csvOf(columns: readonly CellColumn[], numbers: readonly number[]): string {
  const lines = [columns.map((column) => csvCell(column.label))];
  for (const number of numbers) lines.push(columns.map((column) => csvCell(column.cell(number))));
  return `${lines.map((line) => line.join(",")).join("\r\n")}\r\n`;
}

/** Trials as JSON: one object each; what a trial does not have is left out. */
export function jsonOf(columns: readonly CellColumn[], numbers: readonly number[]): string {
  const rows = numbers.map((number) =>
    Object.fromEntries(
      columns
        .map((column) => [column.id, column.cell(number)] as const)
        .filter(([, value]) => value !== null),
    ),
  );
  return `${JSON.stringify(rows, null, 1)}\n`;
}

function csvCell(value: Scalar): string {
  if (value === null) return "";
  if (typeof value !== "string") return String(value);
  const safe = FORMULA.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
