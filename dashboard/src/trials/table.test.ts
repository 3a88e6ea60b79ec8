import { describe, expect, it } from "vitest";
import { made } from "./made";
import { ranked, withChanges, withReports } from "./table";

const TABLE = made({ states: ["completed", "running"], values: [0.5, null], params: { lr: [0.1, 0.2] } });

function changes(numbers: number[], more: object) {
  const blank = <T>(value: T) => numbers.map(() => value);
  return {
    study: "s",
    seq: 2,
    since: 1,
    state_names: ["waiting", "running", "completed"],
    origin_names: ["sampler"],
    failure_names: [],
    worker_names: [],
    numbers,
    states: blank(2),
    origins: blank(0),
    failures: blank(null),
    workers: blank(null),
    attempts: blank(1),
    is_feasible: blank(true),
    created: blank(0),
    started: blank(0),
    finished: blank(1),
    values: { loss: blank(0.1) },
    params: { lr: blank(0.3) },
    metrics: {},
    last_steps: blank(null),
    last_values: blank(null),
    rank_class: blank(0),
    notes: {},
    ...more,
  };
}

describe("withChanges", () => {
  it("replaces what has changed and adds what has come, and leaves the former table alone", () => {
    const changed = withChanges(TABLE, changes([1, 2], {}));
    expect(changed.states).toEqual(["completed", "completed", "completed"]);
    expect(changed.values.loss).toEqual([0.5, 0.1, 0.1]);
    expect(TABLE.states).toEqual(["completed", "running"]);
    expect(TABLE.size).toBe(2);
  });

  it("gives earlier trials no value of a number that only later ones have", () => {
    const changed = withChanges(TABLE, changes([1], { metrics: { fit_seconds: [3] } }));
    expect(changed.metrics.fit_seconds).toEqual([null, 3]);
  });
});

describe("withReports", () => {
  it("moves a trial's last step on, and never back", () => {
    const told = (step: number, value: number, attempt = 1) => ({
      numbers: [1],
      attempts: [attempt],
      steps: [step],
      values: [value],
    });
    const once = withReports(TABLE, told(5, 0.7));
    expect([once.lastSteps[1], once.lastValues[1]]).toEqual([5, 0.7]);
    expect(withReports(once, told(4, 0.9)).lastValues[1]).toBe(0.7);
    expect(withReports(once, told(6, 0.9, 2)).lastValues[1]).toBe(0.7);
  });
});

describe("ranked", () => {
  it("puts completed trials first, in the order of the direction, ties by number", () => {
    const table = made({
      states: ["failed", "completed", "completed", "completed"],
      values: [null, 2, 3, 2],
    });
    expect(ranked(table, "loss", "minimize")).toEqual([1, 3, 2, 0]);
    expect(ranked(table, "loss", "maximize")).toEqual([2, 1, 3, 0]);
  });
});
