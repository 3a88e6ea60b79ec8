/** Fronts of two objectives, and how much they cover as trials come. */
import type { Schemas } from "../api/client";
import type { TrialTable } from "../trials/table";

export interface Pair {
  x: string;
  y: string;
  xDirection: Schemas["Direction"];
  yDirection: Schemas["Direction"];
}

/** Trials that have both values and keep the constraints; the others can be in no front. */
export function feasibleNumbers(table: TrialTable, pair: Pair, numbers: readonly number[]): number[] {
  return numbers.filter(
    (number) =>
      table.states[number] === "completed" &&
      table.isFeasible[number] !== false &&
      (table.values[pair.x]?.[number] ?? null) !== null &&
      (table.values[pair.y]?.[number] ?? null) !== null,
  );
}

/**
 * Where the area that the front of two objectives covers grows, trial by trial.
 *
 * @param reference For each objective the value that is just not good enough.
 */
export function coverage(
  table: TrialTable,
  pair: Pair,
  reference: Readonly<Record<string, number>>,
): [number: number, area: number][] {
  const xSign = pair.xDirection === "maximize" ? -1 : 1;
  const ySign = pair.yDirection === "maximize" ? -1 : 1;
  const xEnd = xSign * (reference[pair.x] ?? Number.NaN);
  const yEnd = ySign * (reference[pair.y] ?? Number.NaN);
  /** The front so far as losses: x rising, so y falling. */
  let front: [number, number][] = [];
  let area = 0;
  const steps: [number, number][] = [];
  const all = Array.from({ length: table.size }, (_, number) => number);
  for (const number of feasibleNumbers(table, pair, all)) {
    const x = xSign * (table.values[pair.x]?.[number] ?? Number.NaN);
    const y = ySign * (table.values[pair.y]?.[number] ?? Number.NaN);
    if (!(x < xEnd && y < yEnd)) continue;
    if (front.some(([knownX, knownY]) => knownX <= x && knownY <= y)) continue;
    front = [
      ...front.filter(([knownX, knownY]) => !(x <= knownX && y <= knownY)),
      [x, y] as [number, number],
    ];
    front.sort((a, b) => a[0] - b[0]);
    area = areaOf(front, xEnd, yEnd);
    steps.push([number, area]);
  }
  const last = table.size - 1;
  return steps.length > 0 && (steps.at(-1)?.[0] ?? 0) < last ? [...steps, [last, area]] : steps;
}

function areaOf(front: readonly [number, number][], xEnd: number, yEnd: number): number {
  let area = 0;
  let above = yEnd;
  for (const [x, y] of front) {
    area += (xEnd - x) * (above - y);
    above = y;
  }
  return area;
}
