/** Learning curves as few long lines with gaps: ten thousand lines of their own would be too slow to draw. */
import type { Schemas } from "../api/client";
import type { TrialTable } from "../trials/table";

export type Curves = Schemas["Curves"];

/** One curve, and how to draw it. */
export interface Curve {
  number: number;
  steps: readonly number[];
  values: readonly number[];
}

/** A point of a line, or a gap in it. */
export type LinePoint = [number, number] | [null, null];

export interface CurveGroup {
  /** `0` to `4` for completed trials from poor to good, otherwise the state. */
  name: string;
  line: LinePoint[];
  /** Curves of a single point, which no line shows. */
  dots: [number, number][];
  count: number;
}

export const GOOD_PARTS = 5;

/** The curves of trials in their order; trials that have reported nothing have none. */
export function curvesOf(curves: Curves, numbers: readonly number[]): Curve[] {
  const places = new Map(curves.numbers.map((number, place) => [number, place]));
  return numbers.flatMap((number) => {
    const place = places.get(number);
    const steps = place === undefined ? undefined : curves.steps[place];
    const values = place === undefined ? undefined : curves.values[place];
    return steps === undefined || values === undefined || steps.length === 0
      ? []
      : [{ number, steps, values }];
  });
}

/** The curves by how they are drawn; the good ones come last, so that they lie on top. */
export function curveGroups(
  table: TrialTable,
  good: Float64Array,
  curves: readonly Curve[],
  { logSteps, logValues }: { logSteps: boolean; logValues: boolean },
): CurveGroup[] {
  const groups = new Map<string, CurveGroup>();
  for (const curve of curves) {
    const name = groupOf(table, good, curve.number);
    let group = groups.get(name);
    if (group === undefined) {
      group = { name, line: [], dots: [], count: 0 };
      groups.set(name, group);
    }
    group.count += 1;
    const points: [number, number][] = [];
    curve.steps.forEach((step, index) => {
      const value = curve.values[index];
      // A logarithm has no place for these.
      if (value === undefined || (logSteps && step <= 0) || (logValues && value <= 0)) return;
      points.push([step, value]);
    });
    const [only] = points;
    if (points.length === 1 && only !== undefined) group.dots.push(only);
    else if (points.length > 1) {
      for (const point of points) group.line.push(point);
      group.line.push([null, null]);
    }
  }
  return [...groups.values()].sort((a, b) => ORDER.indexOf(a.name) - ORDER.indexOf(b.name));
}

/** How many points a logarithm would leave out. */
export function countBelowZero(curves: readonly Curve[]): number {
  return curves.reduce((sum, curve) => sum + curve.values.filter((value) => value <= 0).length, 0);
}

const ORDER = ["cancelled", "failed", "pruned", "waiting", "0", "1", "2", "3", "4", "running"];

function groupOf(table: TrialTable, good: Float64Array, number: number): string {
  const state = table.states[number] ?? "waiting";
  const share = good[number] ?? Number.NaN;
  if (state !== "completed" || Number.isNaN(share)) return state;
  return String(Math.min(GOOD_PARTS - 1, Math.floor(share * GOOD_PARTS)));
}

/** The curve nearest to a place, in pixels; null: none is near. */
export function nearestCurve(
  curves: readonly Curve[],
  toPixel: (step: number, value: number) => readonly number[],
  at: readonly [number, number],
  within = 24,
): { curve: Curve; index: number } | null {
  let nearest: { curve: Curve; index: number } | null = null;
  let least = within * within;
  for (const curve of curves) {
    for (let index = 0; index < curve.steps.length; index += 1) {
      const [x = 0, y = 0] = toPixel(curve.steps[index] ?? 0, curve.values[index] ?? 0);
      const distance = (x - at[0]) ** 2 + (y - at[1]) ** 2;
      if (distance < least) {
        least = distance;
        nearest = { curve, index };
      }
    }
  }
  return nearest;
}
