/** Which share of the trials has come to at most a value: the empirical distribution of an objective. */
import type { TrialTable } from "../trials/table";

const MOST_STEPS = 1_000;

/**
 * Values and the share of completed trials at or below each, rising. More than a thousand trials are drawn as a thousand
 * steps of equal height, which no eye can tell from all of them.
 */
export function distribution(
  table: TrialTable,
  objective: string,
  shown: readonly number[],
): { count: number; steps: [value: number, share: number][] } {
  const values = Float64Array.from(
    shown.flatMap((number) => {
      const value = table.values[objective]?.[number] ?? null;
      return table.states[number] === "completed" && value !== null && Number.isFinite(value) ? [value] : [];
    }),
  ).sort();
  const count = values.length;
  const most = Math.min(count, MOST_STEPS);
  const steps = Array.from({ length: most }, (_, step): [number, number] => {
    const place = Math.ceil(((step + 1) * count) / most) - 1;
    return [values[place] ?? Number.NaN, (place + 1) / count];
  });
  const lowest = values[0];
  return { count, steps: lowest === undefined ? [] : [[lowest, 0], ...steps] };
}
