/** How good trials are over two parameters: a smoothed surface, empty where there are no trials to know it from. */
import { type Axis, placeOf } from "../trials/axes";

export interface SurfacePoint {
  number: number;
  x: number;
  y: number;
  /** From 0, the worst completed trial, to 1, the best one. */
  good: number;
}

export interface Surface {
  columns: number;
  rows: number;
  /** Column, row and goodness of each cell that is known. */
  cells: [column: number, row: number, good: number][];
}

const FINEST = 32;
const COARSEST = 8;
/** Less than this much of one trial nearby is no knowledge. */
const LEAST_WEIGHT = 0.35;

/** The completed trials that have both parameters. */
export function surfacePoints(
  x: Axis,
  y: Axis,
  good: Float64Array,
  shown: readonly number[],
): SurfacePoint[] {
  const points: SurfacePoint[] = [];
  for (const number of shown) {
    const share = good[number] ?? Number.NaN;
    if (Number.isNaN(share)) continue;
    const across = placeOf(x, number);
    const up = placeOf(y, number);
    if (across !== null && up !== null) points.push({ number, x: across, y: up, good: share });
  }
  return points;
}

/** The mean goodness around each cell, near trials counting most; choices are not mixed with each other. */
export function surfaceOf(x: Axis, y: Axis, points: readonly SurfacePoint[]): Surface {
  const side = Math.round(Math.min(FINEST, Math.max(COARSEST, 2 * Math.sqrt(points.length))));
  const columns = x.choices?.length ?? side;
  const rows = y.choices?.length ?? side;
  const sums = new Float64Array(columns * rows);
  const weights = new Float64Array(columns * rows);
  for (const point of points) {
    const cell = cellOf(point.y, rows) * columns + cellOf(point.x, columns);
    sums[cell] = (sums[cell] ?? 0) + point.good;
    weights[cell] = (weights[cell] ?? 0) + 1;
  }
  for (const field of [sums, weights]) {
    if (x.choices === null) blur(field, columns, 1, rows, columns);
    if (y.choices === null) blur(field, rows, columns, columns, 1);
  }
  const cells: Surface["cells"] = [];
  for (let row = 0; row < rows; row += 1) {
    for (let column = 0; column < columns; column += 1) {
      const weight = weights[row * columns + column] ?? 0;
      if (weight >= LEAST_WEIGHT) cells.push([column, row, (sums[row * columns + column] ?? 0) / weight]);
    }
  }
  return { columns, rows, cells };
}

function cellOf(place: number, cells: number): number {
  return Math.min(cells - 1, Math.max(0, Math.floor(place * cells)));
}

/** A bell three cells wide at each side, along one axis of a field, in place. Its middle keeps its full weight. */
function blur(field: Float64Array, length: number, step: number, lines: number, lineStep: number) {
  const bell = [1, 0.8, 0.4, 0.13];
  const line = new Float64Array(length);
  for (let index = 0; index < lines; index += 1) {
    const start = index * lineStep;
    for (let at = 0; at < length; at += 1) {
      let sum = 0;
      for (let away = -3; away <= 3; away += 1) {
        const from = at + away;
        if (from >= 0 && from < length) {
          sum += (bell[Math.abs(away)] ?? 0) * (field[start + from * step] ?? 0);
        }
      }
      line[at] = sum;
    }
    for (let at = 0; at < length; at += 1) field[start + at * step] = line[at] ?? 0;
  }
}

/** Whatever has a goodness, by how many equal parts of it. */
export function byGoodness<T>(items: readonly T[], goodOf: (item: T) => number, parts: number): T[][] {
  const groups: T[][] = Array.from({ length: parts }, () => []);
  for (const item of items) groups[Math.min(parts - 1, Math.floor(goodOf(item) * parts))]?.push(item);
  return groups;
}
