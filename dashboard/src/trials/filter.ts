/** Which trials are shown: one filter for every chart and table of a study, kept in the URL. */
import type { Scalar, TrialState, TrialTable } from "./table";

/** What a brush has marked on one axis: numbers from `low` to `high`, or some of the choices. */
export type Brush = { low: number; high: number } | { choices: readonly Scalar[] };

export interface Filter {
  /** Only trials in these states; null: in any. */
  states: readonly TrialState[] | null;
  /** Only the best so many percent of those that have a value; null: all. */
  best: number | null;
  /** By axis: `param:<name>`, `value:<name>` or `metric:<name>`. */
  brushes: Readonly<Record<string, Brush>>;
}

export const NO_FILTER: Filter = { states: null, best: null, brushes: {} };

/** Whether it leaves anything out. */
export function isFiltering(filter: Filter): boolean {
  return filter.states !== null || filter.best !== null || Object.keys(filter.brushes).length > 0;
}

/** The cells of an axis, by its name. */
export function columnOf(table: TrialTable, axis: string): readonly Scalar[] {
  const [kind, name] = splitAxis(axis);
  const columns = kind === "param" ? table.params : kind === "value" ? table.values : table.metrics;
  return columns[name] ?? [];
}

/** `param:lr` as `["param", "lr"]`; names may hold colons themselves. */
export function splitAxis(axis: string): [kind: string, name: string] {
  const at = axis.indexOf(":");
  return [axis.slice(0, at), axis.slice(at + 1)];
}

/**
 * The numbers of the trials that pass, in the order of `order`.
 *
 * @param order All numbers, best first; the best percent are taken from its beginning.
 */
export function passing(table: TrialTable, filter: Filter, order: readonly number[]): number[] {
  const states = filter.states === null ? null : new Set(filter.states);
  const brushes = Object.entries(filter.brushes).map(
    ([axis, brush]) => [columnOf(table, axis), brush] as const,
  );
  const judged = filter.best === null ? order : bestShare(table, order, filter.best);
  return judged.filter(
    (number) =>
      (states === null || states.has(table.states[number] ?? "waiting")) &&
      brushes.every(([column, brush]) => isIn(column[number] ?? null, brush)),
  );
}

function bestShare(table: TrialTable, order: readonly number[], percent: number): readonly number[] {
  const completed = order.filter((number) => table.states[number] === "completed");
  return completed.slice(0, Math.max(1, Math.ceil((completed.length * percent) / 100)));
}

function isIn(value: Scalar, brush: Brush): boolean {
  if ("choices" in brush) return brush.choices.includes(value);
  return typeof value === "number" && value >= brush.low && value <= brush.high;
}

/** The filter that a page's address holds; what cannot be read is left out. */
export function readFilter(query: URLSearchParams): Filter {
  const states = query.get("states");
  const best = Number(query.get("best"));
  const brushes: Record<string, Brush> = {};
  for (const text of query.getAll("brush")) {
    const brush = readBrush(text);
    if (brush !== null) brushes[brush[0]] = brush[1];
  }
  return {
    states:
      states === null ? null : (states.split(",").filter((state) => STATES.includes(state)) as TrialState[]),
    best: best > 0 && best < 100 ? best : null,
    brushes,
  };
}

/** Write a filter into a page's address; what it does not say is removed. */
export function writeFilter(query: URLSearchParams, filter: Filter): URLSearchParams {
  const written = new URLSearchParams(query);
  for (const name of ["states", "best", "brush"]) written.delete(name);
  if (filter.states !== null) written.set("states", filter.states.join(","));
  if (filter.best !== null) written.set("best", String(filter.best));
  for (const [axis, brush] of Object.entries(filter.brushes)) {
    written.append("brush", JSON.stringify("choices" in brush ? [axis, ...brush.choices] : [axis, brush]));
  }
  return written;
}

const STATES: readonly string[] = ["waiting", "running", "completed", "pruned", "failed", "cancelled"];

function readBrush(text: string): [string, Brush] | null {
  try {
    const [axis, ...rest] = JSON.parse(text) as [unknown, ...unknown[]];
    if (typeof axis !== "string" || !/^(param|value|metric):/.test(axis)) return null;
    const [first] = rest;
    if (typeof first === "object" && first !== null && "low" in first && "high" in first) {
      const { low, high } = first as { low: unknown; high: unknown };
      return typeof low === "number" && typeof high === "number" ? [axis, { low, high }] : null;
    }
    return [
      axis,
      { choices: rest.filter((value) => typeof value !== "object" || value === null) as Scalar[] },
    ];
  } catch {
    return null;
  }
}
