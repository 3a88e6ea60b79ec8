/** Learning curves that grow while one looks at them: each is that of its trial's latest attempt. */
import type { Schemas } from "./client";

type Curves = Schemas["Curves"];

/**
 * Curves with what was reported since.
 *
 * A point that is told again replaces the one before. With another attempt a curve begins anew, and what an earlier one
 * has reported is left out: a stream begins with all that running trials have ever reported.
 */
export function withPoints(curves: Curves, reports: Schemas["ReportColumns"]): Curves {
  const places = new Map(curves.numbers.map((number, place) => [number, place]));
  const numbers = curves.numbers.slice();
  const attempts = curves.attempts.slice();
  const steps = curves.steps.slice();
  const values = curves.values.slice();
  reports.numbers.forEach((number, index) => {
    const attempt = reports.attempts[index] ?? 0;
    const step = reports.steps[index] ?? 0;
    const value = reports.values[index] ?? Number.NaN;
    const place = places.get(number) ?? numbers.push(number) - 1;
    places.set(number, place);
    const shown = attempts[place] ?? attempt;
    if (attempt < shown) return;
    attempts[place] = attempt;
    const kept = attempt > shown ? [] : (steps[place] ?? []);
    const points = kept
      .map((known, at) => [known, values[place]?.[at] ?? Number.NaN] as const)
      .filter(([known]) => known !== step);
    points.push([step, value]);
    points.sort((a, b) => a[0] - b[0]);
    steps[place] = points.map((point) => point[0]);
    values[place] = points.map((point) => point[1]);
  });
  return { ...curves, numbers, attempts, steps, values };
}

/** Curves without those of attempts that others have followed: they have reported nothing yet. */
export function withoutFormer(curves: Curves, changes: Schemas["TrialColumns"]): Curves {
  const latest = new Map(changes.numbers.map((number, place) => [number, changes.attempts[place] ?? 0]));
  const isPresent = curves.numbers.map(
    (number, place) => (curves.attempts[place] ?? 0) >= (latest.get(number) ?? 0),
  );
  if (!isPresent.includes(false)) return curves;
  const present = <T>(column: readonly T[]) => column.filter((_, place) => isPresent[place]);
  return {
    ...curves,
    numbers: present(curves.numbers),
    attempts: present(curves.attempts),
    steps: present(curves.steps),
    values: present(curves.values),
  };
}
