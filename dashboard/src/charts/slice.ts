/** Values against one parameter, and how they tend. */
import { type Axis, placeOf } from "../trials/axes";
import { reached } from "../trials/ranks";
import type { TrialTable } from "../trials/table";

export interface SlicePoint {
  number: number;
  place: number;
  value: number;
  state: string;
}

const BINS = 16;
const FEWEST_IN_BIN = 3;

/** The trials that have the parameter and a value. Those of one choice are spread a little, so that each is seen. */
export function slicePoints(
  table: TrialTable,
  axis: Axis,
  objective: string,
  shown: readonly number[],
): SlicePoint[] {
  const points: SlicePoint[] = [];
  const spread = axis.choices === null ? 0 : 0.6 / axis.choices.length;
  for (const number of shown) {
    const place = placeOf(axis, number);
    const value = reached(table, objective, number);
    if (place === null || value === null || !Number.isFinite(value)) continue;
    points.push({
      number,
      place: place + spread * (scattered(number) - 0.5),
      value,
      state: table.states[number] ?? "waiting",
    });
  }
  return points;
}

/** The medians of the completed trials along the axis: by choice, or by equal parts of the range. */
export function medians(axis: Axis, points: readonly SlicePoint[]): [number, number][] {
  const parts = axis.choices?.length ?? BINS;
  const bins: SlicePoint[][] = Array.from({ length: parts }, () => []);
  for (const point of points) {
    if (point.state !== "completed") continue;
    bins[Math.min(parts - 1, Math.max(0, Math.floor(point.place * parts)))]?.push(point);
  }
  return bins.flatMap((bin, index) => {
    if (bin.length < FEWEST_IN_BIN) return [];
    const place =
      axis.choices === null
        ? bin.reduce((sum, point) => sum + point.place, 0) / bin.length
        : (index + 0.5) / parts;
    return [[place, median(bin.map((point) => point.value))] as [number, number]];
  });
}

function median(values: number[]): number {
  values.sort((a, b) => a - b);
  const middle = values.length >> 1;
  const upper = values[middle] ?? Number.NaN;
  return values.length % 2 === 1 ? upper : (upper + (values[middle - 1] ?? upper)) / 2;
}

/** A number from 0 to 1 that is always the same for the same trial, and looks random. */
function scattered(number: number): number {
  return (number * 0.6180339887498949) % 1;
}
