/**
 * All trials of a study as parallel arrays. Numbers begin at 0 and have no gaps, so a trial's number is its place.
 *
 * Tables are never changed: a change makes a new one, which is how React notices. Copying some tens of arrays of ten
 * thousand cells takes about a millisecond.
 */
import type { Schemas } from "../api/client";

export type TrialState = Schemas["TrialState"];
export type Scalar = string | number | boolean | null;
type Columns = Schemas["TrialColumns"];

export interface TrialTable {
  readonly study: string;
  readonly seq: number;
  readonly size: number;
  readonly states: readonly TrialState[];
  readonly origins: readonly string[];
  readonly failures: readonly (string | null)[];
  readonly workers: readonly (string | null)[];
  readonly attempts: readonly number[];
  readonly isFeasible: readonly (boolean | null)[];
  /** Seconds since the study was created; so too `started` and `finished`. */
  readonly created: readonly number[];
  readonly started: readonly (number | null)[];
  readonly finished: readonly (number | null)[];
  readonly values: Readonly<Record<string, readonly (number | null)[]>>;
  readonly params: Readonly<Record<string, readonly Scalar[]>>;
  readonly metrics: Readonly<Record<string, readonly (number | null)[]>>;
  readonly lastSteps: readonly (number | null)[];
  readonly lastValues: readonly (number | null)[];
  readonly rankClass: readonly number[];
  /** By number; a trial that is not among them has none. */
  readonly notes: Readonly<Record<number, string>>;
}

/** The table behind a whole snapshot. */
export function tableOf(columns: Columns): TrialTable {
  return withChanges(EMPTY, columns);
}

/** The table after some trials have changed or come. */
export function withChanges(table: TrialTable, changes: Columns): TrialTable {
  const { numbers } = changes;
  const size = numbers.reduce((most, number) => Math.max(most, number + 1), table.size);

  function put<T>(column: readonly T[], cells: readonly T[], missing: T): T[] {
    const changed = column.slice();
    while (changed.length < size) changed.push(missing);
    numbers.forEach((number, place) => {
      changed[number] = cells[place] as T;
    });
    return changed;
  }

  function named<T extends string>(
    places: readonly (number | null)[],
    names: readonly string[],
  ): (T | null)[] {
    return places.map((place) => (place === null ? null : (names[place] as T)));
  }

  function putAll<T>(
    columns: Readonly<Record<string, readonly T[]>>,
    cells: Readonly<Record<string, readonly T[]>>,
  ) {
    const changed: Record<string, readonly (T | null)[]> = {};
    for (const name of new Set([...Object.keys(columns), ...Object.keys(cells)])) {
      const given = cells[name] ?? numbers.map(() => null);
      changed[name] = put<T | null>(columns[name] ?? [], given, null);
    }
    return changed;
  }

  return {
    study: changes.study,
    seq: changes.seq,
    size,
    states: put(
      table.states,
      named<TrialState>(changes.states, changes.state_names) as TrialState[],
      "waiting",
    ),
    origins: put(table.origins, named(changes.origins, changes.origin_names) as string[], "sampler"),
    failures: put(table.failures, named(changes.failures, changes.failure_names), null),
    workers: put(table.workers, named(changes.workers, changes.worker_names), null),
    attempts: put(table.attempts, changes.attempts, 0),
    isFeasible: put(table.isFeasible, changes.is_feasible, null),
    created: put(table.created, changes.created, 0),
    started: put(table.started, changes.started, null),
    finished: put(table.finished, changes.finished, null),
    values: putAll(table.values, changes.values),
    params: putAll<Scalar>(table.params, changes.params) as Record<string, Scalar[]>,
    metrics: putAll(table.metrics, changes.metrics),
    lastSteps: put(table.lastSteps, changes.last_steps, null),
    lastValues: put(table.lastValues, changes.last_values, null),
    rankClass: put(table.rankClass, changes.rank_class, 2),
    notes: withNotes(table.notes, numbers, changes.notes),
  };
}

function withNotes(
  notes: TrialTable["notes"],
  numbers: readonly number[],
  changed: TrialTable["notes"],
): TrialTable["notes"] {
  const isRewritten = new Set(numbers);
  const kept = Object.entries(notes).filter(([number]) => !isRewritten.has(Number(number)));
  return { ...Object.fromEntries(kept), ...changed };
}

/** The table after some trials have reported: their last steps and values. */
export function withReports(table: TrialTable, reports: Schemas["ReportColumns"]): TrialTable {
  const lastSteps = table.lastSteps.slice();
  const lastValues = table.lastValues.slice();
  reports.numbers.forEach((number, place) => {
    if (number >= table.size || reports.attempts[place] !== table.attempts[number]) return;
    const step = reports.steps[place] ?? 0;
    if (step < (lastSteps[number] ?? -1)) return;
    lastSteps[number] = step;
    lastValues[number] = reports.values[place] ?? null;
  });
  return { ...table, lastSteps, lastValues };
}

/** The numbers of all trials, best first: as the service ranks them by one objective. */
export function ranked(table: TrialTable, objective: string, direction: Schemas["Direction"]): number[] {
  const sign = direction === "maximize" ? -1 : 1;
  const values = table.values[objective] ?? [];
  const loss = (number: number) => {
    const value = values[number] ?? table.lastValues[number] ?? null;
    return value === null ? Number.POSITIVE_INFINITY : sign * value;
  };
  return Array.from({ length: table.size }, (_, number) => number).sort(
    (a, b) => (table.rankClass[a] ?? 9) - (table.rankClass[b] ?? 9) || compare(loss(a), loss(b)) || a - b,
  );
}

/** The order of two numbers; two infinities are equal. */
export function compare(a: number, b: number): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

const EMPTY: TrialTable = {
  study: "",
  seq: -1,
  size: 0,
  states: [],
  origins: [],
  failures: [],
  workers: [],
  attempts: [],
  isFeasible: [],
  created: [],
  started: [],
  finished: [],
  values: {},
  params: {},
  metrics: {},
  lastSteps: [],
  lastValues: [],
  rankClass: [],
  notes: {},
};
