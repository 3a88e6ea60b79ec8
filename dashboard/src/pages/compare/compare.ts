/** Trials beside each other. */
import type { CellColumn } from "../../trials/cells";
import type { Scalar } from "../../trials/table";

export interface CompareRow {
  column: CellColumn;
  cells: Scalar[];
  isDifferent: boolean;
  /** Places of the best cells, where one can be better than another. */
  best: readonly number[];
}

/** What the comparison is about: neither what orders trials nor what sums up their parameters. */
const LEFT_OUT: readonly string[] = ["number", "params", "feasible", "last_step", "last_value"];

/** One row for each thing that at least one of the trials has. */
export function compareRows(
  columns: readonly CellColumn[],
  numbers: readonly number[],
  directions: Readonly<Record<string, string>>,
): CompareRow[] {
  return columns
    .filter((column) => !LEFT_OUT.includes(column.id))
    .map((column) => {
      const cells = numbers.map((number) => column.cell(number));
      return {
        column,
        cells,
        isDifferent: new Set(cells).size > 1,
        best: column.group === "objective" ? bestOf(cells, directions[column.label] ?? "minimize") : [],
      };
    })
    .filter((row) => row.cells.some((cell) => cell !== null));
}

function bestOf(cells: readonly Scalar[], direction: string): number[] {
  const values = cells.filter((cell) => typeof cell === "number");
  if (values.length < 2) return [];
  const best = direction === "maximize" ? Math.max(...values) : Math.min(...values);
  return cells.flatMap((cell, place) => (cell === best ? [place] : []));
}
