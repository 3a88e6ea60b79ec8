/** The points of the history: every trial where it ended, and the best value so far. Pure, so that it can be tested. */
import type { Schemas } from "../api/client";
import type { TrialTable } from "../trials/table";

export interface HistoryPoint {
  number: number;
  value: number;
  state: string;
}

/** Trials with a value: the final one, of pruned and failed ones the last that they reported. */
export function historyPoints(
  table: TrialTable,
  objective: string,
  shown: readonly number[],
): HistoryPoint[] {
  const values = table.values[objective] ?? [];
  const points: HistoryPoint[] = [];
  for (const number of shown) {
    const value = values[number] ?? table.lastValues[number] ?? null;
    if (value !== null) points.push({ number, value, state: table.states[number] ?? "waiting" });
  }
  return points.sort((a, b) => a.number - b.number);
}

/** Where the best value so far changes: a step at each trial that was better than all before it. */
export function bestSoFar(
  points: readonly HistoryPoint[],
  direction: Schemas["Direction"],
  lastNumber: number,
): [number, number][] {
  const steps: [number, number][] = [];
  for (const point of points) {
    if (point.state !== "completed") continue;
    const best = steps.at(-1)?.[1];
    if (best === undefined || (direction === "minimize" ? point.value < best : point.value > best)) {
      steps.push([point.number, point.value]);
    }
  }
  const best = steps.at(-1);
  return best === undefined ? [] : [...steps, [Math.max(lastNumber, best[0]), best[1]]];
}
