/** What a table can say of each trial: one column after the other, by an id that addresses can hold. */

import type { Study } from "../api/study";
import { type Parameters, parametersOf } from "./space";
import { compare, type Scalar, type TrialTable } from "./table";

export type CellGroup = "trial" | "objective" | "parameter" | "metric";

export interface CellColumn {
  /** `state`, `value:loss`, `param:lr`, `metric:f1`. */
  id: string;
  label: string;
  group: CellGroup;
  isNumber: boolean;
  cell: (number: number) => Scalar;
}

/** A study with more parameters than this shows them in one cell, unless columns are chosen. */
const MOST_PARAMETERS = 12;
const MODEL = "model";
/** Shown beside the value, not as a metric of its own. */
const STANDARD_ERROR = "standard_error";

/** All columns of a study's trials. */
export function cellColumns(study: Study, table: TrialTable, order: readonly number[]): CellColumn[] {
  const ranks = ranksOf(table, order);
  const parameters = parametersOf(study.space);
  const column = (
    id: string,
    label: string,
    cell: CellColumn["cell"],
    isNumber = false,
    group: CellGroup = "trial",
  ): CellColumn => ({ id, label, group, isNumber, cell });
  const parameter = (name: string) =>
    column(
      `param:${name}`,
      name,
      (number) => table.params[name]?.[number] ?? null,
      isNumeric(parameters, name),
      "parameter",
    );
  const names = new Set([...parameters.keys(), ...Object.keys(table.params)]);
  return [
    column("rank", "rank", (number) => ranks[number] || null, true),
    column("number", "trial", (number) => number, true),
    ...Object.keys(study.objectives).map((name) =>
      column(`value:${name}`, name, (number) => table.values[name]?.[number] ?? null, true, "objective"),
    ),
    column("state", "state", (number) => table.states[number] ?? null),
    ...(names.delete(MODEL) ? [parameter(MODEL)] : []),
    column("params", "parameters", (number) => paramsText(table, number)),
    ...[...names].map(parameter),
    ...Object.keys(table.metrics)
      .filter((name) => !(name in study.objectives) && name !== STANDARD_ERROR)
      .map((name) =>
        column(`metric:${name}`, name, (number) => table.metrics[name]?.[number] ?? null, true, "metric"),
      ),
    column("last_value", "last value", (number) => table.lastValues[number] ?? null, true),
    column("last_step", "last step", (number) => table.lastSteps[number] ?? null, true),
    column("duration", "duration", (number) => durationOf(table, number), true),
    column("origin", "origin", (number) => table.origins[number] ?? null),
    column("worker", "worker", (number) => table.workers[number] ?? null),
    column("attempts", "attempts", (number) => table.attempts[number] ?? null, true),
    column("failure", "failure", (number) => table.failures[number] ?? null),
    column("feasible", "feasible", (number) => table.isFeasible[number] ?? null),
    column("note", "note", (number) => table.notes[number] ?? null),
  ];
}

/** The columns that are shown unless others are chosen. */
export function usualColumns(study: Study, table: TrialTable): string[] {
  const parameters = [...parametersOf(study.space).keys()];
  const isFamilies = study.dataset !== null && parameters.includes(MODEL);
  const isFew = parameters.length <= MOST_PARAMETERS;
  return [
    "rank",
    "number",
    "state",
    ...Object.keys(study.objectives).map((name) => `value:${name}`),
    ...(isFamilies ? [`param:${MODEL}`] : []),
    ...(isFamilies || !isFew ? ["params"] : parameters.map((name) => `param:${name}`)),
    ...["accuracy", "roc_auc", "rmse", "r2"]
      .filter((name) => name in table.metrics && !(name in study.objectives))
      .slice(0, 2)
      .map((name) => `metric:${name}`),
    "duration",
    ...(Object.keys(table.notes).length > 0 ? ["note"] : []),
  ];
}

/** How uncertain a trial's first objective is, where that was measured. */
export function standardErrorOf(table: TrialTable, number: number): number | null {
  return table.metrics[STANDARD_ERROR]?.[number] ?? null;
}

/** The numbers in the order of a column; cells without a value come last, whichever way it goes. */
export function sortedBy(numbers: readonly number[], column: CellColumn, isDescending: boolean): number[] {
  const sign = isDescending ? -1 : 1;
  const cells = numbers.map(column.cell);
  const places = textPlaces(cells);
  const keys: number[] = [];
  numbers.forEach((number, index) => {
    const cell = cells[index] ?? null;
    const key = typeof cell === "number" ? cell : places.get(String(cell));
    keys[number] = cell === null || key === undefined ? Number.POSITIVE_INFINITY : sign * key;
  });
  return numbers.slice().sort((a, b) => compare(keys[a] ?? 0, keys[b] ?? 0) || a - b);
}

/** Texts by their place among all texts: to compare ten thousand times two texts takes seconds. */
function textPlaces(cells: readonly Scalar[]): Map<string, number> {
  const texts = new Set<string>();
  for (const cell of cells) if (cell !== null && typeof cell !== "number") texts.add(String(cell));
  const collator = new Intl.Collator("en", { numeric: true });
  return new Map([...texts].sort(collator.compare).map((text, place) => [text, place]));
}

/** The parameters that a trial has, in one line; those of its family without the family's name. */
export function paramsText(table: TrialTable, number: number): string {
  const model = table.params[MODEL]?.[number] ?? null;
  const prefix = typeof model === "string" ? `${model}.` : null;
  const parts: string[] = [];
  for (const [name, cells] of Object.entries(table.params)) {
    const value = cells[number] ?? null;
    if (value === null || name === MODEL) continue;
    const short = prefix !== null && name.startsWith(prefix) ? name.slice(prefix.length) : name;
    parts.push(`${short} ${typeof value === "number" ? Number(value.toPrecision(3)) : value}`);
  }
  return parts.join(" · ");
}

/** How long a trial ran, in seconds; of a running one nothing is said. */
export function durationOf(table: TrialTable, number: number): number | null {
  const started = table.started[number] ?? null;
  const finished = table.finished[number] ?? null;
  return started === null || finished === null ? null : finished - started;
}

function ranksOf(table: TrialTable, order: readonly number[]): Int32Array {
  const ranks = new Int32Array(table.size);
  order.forEach((number, place) => {
    if (table.states[number] === "completed") ranks[number] = place + 1;
  });
  return ranks;
}

function isNumeric(parameters: Parameters, name: string): boolean {
  const kind = parameters.get(name)?.kind;
  return kind === "float" || kind === "int";
}
