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

/** The line nearest to a point between two axes, by its height there; null: none is near. */
export function nearestLine(
  lines: readonly ParallelLine[],
  /** Where the point is among the axes, from 0 at the first one. */
  across: number,
  /** Where it is on them, from 0 to 1. */
  up: number,
  within = 0.02,
): ParallelLine | null {
  let nearest: ParallelLine | null = null;
  let least = within;
  for (const line of lines) {
    const left = Math.min(line.places.length - 1, Math.max(0, Math.floor(across)));
    const from = line.places[left] ?? 0;
    const to = line.places[left + 1] ?? from;
    const distance = Math.abs(from + (to - from) * (across - left) - up);
    // The first of equal ones: lines come best first.
    if (distance < least) {
      least = distance;
      nearest = line;
    }
  }
  return nearest;
}
