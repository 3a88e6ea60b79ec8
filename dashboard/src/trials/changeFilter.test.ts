import { describe, expect, it } from "vitest";
import { brushWords, withBrush, withoutBrush, withState } from "./changeFilter";
import { NO_FILTER } from "./filter";
import type { TrialState } from "./table";

const PRESENT: TrialState[] = ["completed", "pruned", "failed"];

describe("withState", () => {
  it("hides one state and brings it back", () => {
    const hidden = withState(NO_FILTER, "pruned", PRESENT);
    expect(hidden.states).toEqual(["completed", "failed"]);
    expect(withState(hidden, "pruned", PRESENT)).toEqual(NO_FILTER);
  });

  it("shows all again rather than nothing", () => {
    expect(withState({ ...NO_FILTER, states: ["failed"] }, "failed", PRESENT).states).toBeNull();
  });
});

it("puts marks on axes and takes them off", () => {
  const marked = withBrush(NO_FILTER, "param:lr", { low: 0.1, high: 1 });
  expect(withBrush(marked, "value:loss", { low: 0, high: 1 }).brushes).toHaveProperty("param:lr");
  expect(withoutBrush(marked, "param:lr")).toEqual(NO_FILTER);
  expect(withBrush(marked, "param:lr", null)).toEqual(NO_FILTER);
});

it("says what a mark means", () => {
  expect(brushWords("param:a:b", { low: 0.00012, high: 3 })).toBe("a:b: 1.2e−4 to 3");
  expect(brushWords("param:kind", { choices: ["x", true, null] })).toBe("kind: x, true, none");
});
