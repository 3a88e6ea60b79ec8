/** How good each trial is among the others: what colours stand for, as one outlier would spoil a scale of values. */
import type { TrialTable } from "./table";

/**
 * By number: 1 for the best completed trial, 0 for the worst, and NaN for trials that have no final value.
 *
 * @param order All numbers, best first.
 */
export function goodness(table: TrialTable, order: readonly number[]): Float64Array {
  const good = new Float64Array(table.size).fill(Number.NaN);
  const completed = order.filter((number) => table.states[number] === "completed");
  completed.forEach((number, place) => {
    good[number] = completed.length === 1 ? 1 : 1 - place / (completed.length - 1);
  });
  return good;
}

/** The value that a trial has come to: the final one, of others the last that they reported. */
export function reached(table: TrialTable, objective: string, number: number): number | null {
  return table.values[objective]?.[number] ?? lastReported(table, objective, number);
}

/** Reports are values of the first objective. */
function lastReported(table: TrialTable, objective: string, number: number): number | null {
  return Object.keys(table.values)[0] === objective ? (table.lastValues[number] ?? null) : null;
}
