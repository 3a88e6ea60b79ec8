import { expect, it } from "vitest";
import { bestOfEach } from "./best";

const OBJECTIVES = { error: "minimize", accuracy: "maximize" } as const;

it("finds the best of each objective among the trials of a front", () => {
  const front = [{ values: { error: 0.3, accuracy: 0.9 } }, { values: { error: 0.1, accuracy: 0.4 } }];
  expect(bestOfEach(front, OBJECTIVES)).toEqual([
    ["error", 0.1],
    ["accuracy", 0.9],
  ]);
});

it("names objectives of which nothing is known", () => {
  expect(bestOfEach([], OBJECTIVES)).toEqual([
    ["error", null],
    ["accuracy", null],
  ]);
});
