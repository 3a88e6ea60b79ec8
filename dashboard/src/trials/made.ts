/** Tables for tests, from the little that a test is about. */
import { type Scalar, type TrialState, type TrialTable, tableOf } from "./table";

const STATES: TrialState[] = ["waiting", "running", "completed", "pruned", "failed", "cancelled"];
const RANK_CLASSES: Record<TrialState, number> = {
  completed: 0,
  pruned: 1,
  running: 2,
  waiting: 2,
  failed: 4,
  cancelled: 4,
};

interface Facts {
  states: TrialState[];
  values: (number | null)[];
  params?: Record<string, Scalar[]>;
  metrics?: Record<string, (number | null)[]>;
}

/** A table of trials whose one objective is called `loss`. */
export function made({ states, values, params = {}, metrics = {} }: Facts): TrialTable {
  const numbers = states.map((_, number) => number);
  return tableOf({
    study: "s",
    seq: 1,
    since: null,
    state_names: STATES,
    origin_names: ["sampler"],
    failure_names: ["error"],
    worker_names: ["w"],
    numbers,
    states: states.map((state) => STATES.indexOf(state)),
    origins: numbers.map(() => 0),
    failures: states.map((state) => (state === "failed" ? 0 : null)),
    workers: numbers.map(() => 0),
    attempts: numbers.map(() => 1),
    is_feasible: states.map((state) => (state === "completed" ? true : null)),
    created: numbers,
    started: numbers,
    finished: numbers.map((number) => number + 1),
    values: { loss: values },
    params,
    metrics,
    last_steps: numbers.map(() => null),
    last_values: numbers.map(() => null),
    rank_class: states.map((state) => RANK_CLASSES[state]),
    notes: {},
  });
}
