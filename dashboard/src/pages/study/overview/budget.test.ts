import { expect, it } from "vitest";
import { budgetOf, formOf } from "./budget";

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
