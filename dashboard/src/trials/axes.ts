/**
 * Axes of drawings: where a trial stands on a parameter or a value, as a place from 0 to 1.
 *
 * The same for numbers, numbers on a logarithmic scale and choices, and with a place below the axis for trials that do
 * not have the parameter, so that no drawing has to pretend that they do.
 */
import { formatNumber } from "../format/numbers";
import type { Brush } from "./filter";
import { hasParameter, type Parameters } from "./space";
import type { Scalar, TrialTable } from "./table";

export interface Axis {
  /** As brushes name it: `param:<name>` or `value:<name>`. */
  key: string;
  name: string;
  cells: readonly Scalar[];
  /** Of numbers: the range that is drawn. */
  low: number;
  high: number;
  log: boolean;
  isWhole: boolean;
  /** Of choices: all of them; null: it is an axis of numbers. */
  choices: readonly Scalar[] | null;
  /** Whether the trial has it. */
  has: (number: number) => boolean;
  /** How many trials have it. */
  count: number;
}

/** Where trials are drawn that do not have the parameter. */
export const MISSING = -0.12;

const MOST_TICKS = 6;

/** The axis of a parameter. */
export function parameterAxis(table: TrialTable, parameters: Parameters, name: string): Axis {
  const parameter = parameters.get(name);
  const cells = table.params[name] ?? [];
  const has = (number: number) => hasParameter(table, parameters, name, number);
  const isNumber = parameter?.kind === "float" || parameter?.kind === "int";
  return {
    key: `param:${name}`,
    name,
    cells,
    low: parameter?.low ?? 0,
    high: parameter?.high ?? 1,
    log: parameter?.log ?? false,
    isWhole: parameter?.kind === "int",
    choices: isNumber ? null : known(parameter?.choices ?? [], cells),
    has,
    count: countOf(table.size, has),
  };
}

/** The axis of an objective, as wide as the values of `numbers`; logarithmic only if all of them are above 0. */
export function valueAxis(table: TrialTable, name: string, numbers: readonly number[], log: boolean): Axis {
  const cells = table.values[name] ?? [];
  const has = (number: number) => (cells[number] ?? null) !== null;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    const value = cells[number] ?? null;
    if (value === null || !Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = [0, 1];
  return {
    key: `value:${name}`,
    name,
    cells,
    low,
    high,
    log: log && low > 0,
    isWhole: false,
    choices: null,
    has,
    count: countOf(table.size, has),
  };
}

/** A trial's place on the axis, from 0 to 1; null: it does not have it. */
export function placeOf(axis: Axis, number: number): number | null {
  if (!axis.has(number)) return null;
  const value = axis.cells[number] ?? null;
  if (axis.choices !== null) return choicePlace(axis.choices, axis.choices.indexOf(value));
  return typeof value === "number" ? numberPlace(axis, value) : null;
}

/** The number at a place. */
export function numberAt(axis: Axis, place: number): number {
  const [low, high] = ends(axis);
  const value = low + place * (high - low);
  return axis.log ? Math.exp(value) : value;
}

/** What stands beside the axis, and where. */
export function ticks(axis: Axis, most = MOST_TICKS): { at: number; label: string }[] {
  const labels =
    axis.choices === null
      ? tickNumbers(axis, most).map((value) => ({
          at: numberPlace(axis, value),
          label: formatNumber(value, 3),
        }))
      : axis.choices.map((choice, index) => ({
          at: choicePlace(axis.choices ?? [], index),
          label: String(choice),
        }));
  return axis.count < axis.cells.length ? [{ at: MISSING, label: "without" }, ...labels] : labels;
}

/** What a mark from one place to another means; null: it leaves nothing out, or nothing in. */
export function brushBetween(axis: Axis, from: number, to: number): Brush | null {
  const takesMissing = from <= MISSING && axis.count < axis.cells.length;
  if (axis.choices !== null) {
    const { choices } = axis;
    const marked = choices.filter((_, index) => {
      const place = choicePlace(choices, index);
      return place >= from && place <= to;
    });
    if (takesMissing && !marked.includes(null)) marked.push(null);
    return marked.length === 0 ? null : { choices: marked };
  }
  if (takesMissing && to < 0) return { choices: [null] };
  if (to < 0 || from > 1 || (from <= MISSING && to >= 1)) return null;
  // Rounded, so that the words beside the mark say exactly what it does; outwards at the ends.
  const low = from <= 0 ? axis.low : Number(numberAt(axis, from).toPrecision(4));
  const high = to >= 1 ? axis.high : Number(numberAt(axis, to).toPrecision(4));
  const whole = axis.isWhole ? [Math.ceil(low), Math.floor(high)] : [low, high];
  const [first = low, last = high] = whole;
  return first > last ? null : { low: first, high: last };
}

/** The places that a brush marks; neighbouring choices are one mark. */
export function spansOf(axis: Axis, brush: Brush): [number, number][] {
  if ("low" in brush) {
    // Values just beyond the range stay at its end.
    const from = Math.max(0, numberPlace(axis, brush.low));
    return [[from, Math.min(1, Math.max(from, numberPlace(axis, brush.high)))]];
  }
  const half = axis.choices === null ? 0.5 : 0.5 / axis.choices.length;
  const spans: [number, number][] = [];
  const places = (axis.choices ?? [])
    .map((choice, index) => ({ choice, place: choicePlace(axis.choices ?? [], index) }))
    .filter(({ choice }) => brush.choices.includes(choice));
  for (const { place } of places) {
    const last = spans.at(-1);
    if (last !== undefined && place - half <= last[1] + 1e-9) last[1] = place + half;
    else spans.push([place - half, place + half]);
  }
  const hasNull = axis.choices?.includes(null) ?? false;
  if (brush.choices.includes(null) && !hasNull) spans.push([MISSING - 0.03, MISSING + 0.03]);
  return spans;
}

function known(choices: readonly Scalar[], cells: readonly Scalar[]): readonly Scalar[] {
  if (choices.length > 0) return choices;
  return [...new Set(cells)].filter((value) => value !== null);
}

function countOf(size: number, has: (number: number) => boolean): number {
  let count = 0;
  for (let number = 0; number < size; number += 1) if (has(number)) count += 1;
  return count;
}

function choicePlace(choices: readonly Scalar[], index: number): number {
  return (index + 0.5) / choices.length;
}

function ends(axis: Axis): [number, number] {
  return axis.log ? [Math.log(axis.low), Math.log(axis.high)] : [axis.low, axis.high];
}

function numberPlace(axis: Axis, value: number): number {
  const [low, high] = ends(axis);
  if (!(high > low)) return 0.5;
  const at = axis.log ? Math.log(value) : value;
  return Number.isNaN(at) ? 0 : (at - low) / (high - low);
}

function tickNumbers(axis: Axis, most: number): number[] {
  const { low, high } = axis;
  if (!(high > low)) return [low];
  if (axis.log && high / low >= 30) {
    const first = Math.ceil(Math.log10(low) - 1e-9);
    const last = Math.floor(Math.log10(high) + 1e-9);
    const every = Math.max(1, Math.ceil((last - first + 1) / most));
    return Array.from({ length: Math.floor((last - first) / every) + 1 }, (_, index) =>
      Number(`1e${first + index * every}`),
    );
  }
  if (axis.log && high / low >= 4) {
    // Equal steps would crowd at one end.
    const powers = Array.from({ length: 4 }, (_, index) => Math.floor(Math.log10(low)) + index);
    const round = powers.flatMap((power) => [1, 2, 5].map((each) => Number(`${each}e${power}`)));
    return round.filter((value) => value >= low && value <= high);
  }
  const step = niceStep((high - low) / (most - 1), axis.isWhole);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

function niceStep(rough: number, isWhole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((each) => each * power >= rough) ?? 10);
  return isWhole ? Math.max(1, step) : step;
}
