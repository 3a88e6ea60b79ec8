/** The few numbers that say how a study stands. Pure, so that it can be tested. */
import type { Study } from "../../../api/study";
import type { TrialTable } from "../../../trials/table";

export interface BestSoFar {
  number: number;
  value: number;
}

export interface Improvement {
  /** What it is compared with. */
  from: "the baseline" | "the first trial";
  number: number;
  value: number;
  /** The change of the value as a share of it, positive if better; null: that value is 0. */
  share: number | null;
}

/** The best completed trial that keeps the constraints. */
export function bestSoFar(table: TrialTable, objective: string, order: readonly number[]): BestSoFar | null {
  const [number] = order;
  const value = number === undefined ? null : (table.values[objective]?.[number] ?? null);
  return number !== undefined && value !== null && table.rankClass[number] === 0 ? { number, value } : null;
}

/** How far the best is beyond the baseline, or beyond the first completed trial of a study without one. */
export function improvement(
  study: Pick<Study, "objectives">,
  table: TrialTable,
  objective: string,
  best: BestSoFar,
): Improvement | null {
  const values = table.values[objective] ?? [];
  const completed = (number: number) =>
    table.states[number] === "completed" && (values[number] ?? null) !== null;
  const numbers = Array.from({ length: table.size }, (_, number) => number);
  const baseline = numbers.find((number) => table.origins[number] === "baseline" && completed(number));
  const number = baseline ?? numbers.find(completed);
  const value = number === undefined ? null : (values[number] ?? null);
  if (number === undefined || value === null || number === best.number) return null;
  const gain = study.objectives[objective] === "maximize" ? best.value - value : value - best.value;
  return {
    from: baseline === undefined ? "the first trial" : "the baseline",
    number,
    value,
    share: value === 0 ? null : gain / Math.abs(value),
  };
}

/** The workers that have a running trial, and the trials that run without one's name. */
export function atWork(table: TrialTable): { workers: string[]; running: number } {
  const workers = new Set<string>();
  let running = 0;
  table.states.forEach((state, number) => {
    if (state !== "running") return;
    running += 1;
    const worker = table.workers[number] ?? null;
    if (worker !== null) workers.add(worker);
  });
  return { workers: [...workers].sort(), running };
}
