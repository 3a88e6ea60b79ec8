import { expect, it } from "vitest";
import { budgetOf, formOf, isSpent } from "./budget";

it("comes back from the form as it was", () => {
  for (const budget of [
    { trials: 40, seconds: 90 },
    { trials: null, seconds: 7_200 },
    { trials: null, seconds: null },
  ]) {
    expect(budgetOf(formOf(budget)).budget).toEqual(budget);
  }
  expect(formOf({ trials: null, seconds: 9_000 })).toEqual({ trials: "", time: "2.5", unit: "hours" });
});

it("says which field is wrong", () => {
  expect(Object.keys(budgetOf({ trials: "2.5", time: "", unit: "hours" }).faults ?? {})).toEqual(["trials"]);
  expect(Object.keys(budgetOf({ trials: "x", time: "0", unit: "hours" }).faults ?? {})).toEqual([
    "trials",
    "seconds",
  ]);
});

it("knows a budget that is spent already", () => {
  const used = { num_counted: 40, used_seconds: 100 };
  expect(isSpent({ trials: 40, seconds: null }, used)).toBe(true);
  expect(isSpent({ trials: 41, seconds: 100 }, used)).toBe(true);
  expect(isSpent({ trials: 41, seconds: null }, used)).toBe(false);
});
