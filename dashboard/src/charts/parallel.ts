/** The lines of parallel coordinates: one for each trial, through its place on every axis. */
import { type Axis, MISSING, placeOf } from "../trials/axes";

export interface ParallelLine {
  number: number;
  /** By axis; `MISSING` where the trial does not have it. */
  places: number[];
}

/** The lines of trials, those without any parameter on the axes left out: they have been asked for only. */
export function parallelLines(axes: readonly Axis[], numbers: readonly number[]): ParallelLine[] {
  const lines: ParallelLine[] = [];
  for (const number of numbers) {
    let isSomewhere = false;
    const places = axes.map((axis) => {
      const place = placeOf(axis, number);
      if (place === null) return MISSING;
      isSomewhere = true;
      return Math.min(1, Math.max(0, place));
    });
    if (isSomewhere) lines.push({ number, places });
  }
  return lines;
}

/** Which parameters to draw if nobody has chosen: the most important ones, in the order of the space. */
export function defaultParameters(
  names: readonly string[],
  importances: Readonly<Record<string, number>>,
  most: number,
): string[] {
  if (names.length <= most) return [...names];
  const chosen = new Set(
    [...names].sort((a, b) => (importances[b] ?? 0) - (importances[a] ?? 0)).slice(0, most),
  );
  return names.filter((name) => chosen.has(name));
}
