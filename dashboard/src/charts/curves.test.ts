import { expect, it } from "vitest";
import { made } from "../trials/made";
import { goodness } from "../trials/ranks";
import { ranked } from "../trials/table";
import { countBelowZero, curveGroups, curvesOf, nearestCurve } from "./curves";

const TABLE = made({
  states: ["completed", "completed", "pruned", "running", "waiting"],
  values: [2, 1, null, null, null],
});
const ORDER = ranked(TABLE, "loss", "minimize");
const CURVES = curvesOf(
  {
    study: "s",
    numbers: [0, 1, 2, 3],
    attempts: [1, 1, 1, 1],
    steps: [[0, 1], [1, 2], [1], [0]],
    values: [[3, 2], [2, 1], [4], [-1]],
  },
  ORDER,
);
const LINEAR = { logSteps: false, logValues: false };

it("gathers curves by state, completed ones by how good they are, running ones on top", () => {
  const groups = curveGroups(TABLE, goodness(TABLE, ORDER), CURVES, LINEAR);
  expect(groups.map((group) => group.name)).toEqual(["pruned", "0", "4", "running"]);
  expect(groups[0]).toEqual({ name: "pruned", line: [], dots: [[1, 4]], count: 1 });
  expect(groups[2]?.line).toEqual([
    [1, 2],
    [2, 1],
    [null, null],
  ]);
});

it("leaves out of logarithms what they cannot hold, and counts it", () => {
  const groups = curveGroups(TABLE, goodness(TABLE, ORDER), CURVES, { logSteps: true, logValues: true });
  expect(groups.find((group) => group.name === "0")?.dots).toEqual([[1, 2]]);
  expect(countBelowZero(CURVES)).toBe(1);
});

it("finds the curve next to a place, if one is near", () => {
  const toPixel = (step: number, value: number) => [100 * step, 100 * value];
  expect(nearestCurve(CURVES, toPixel, [205, 102])).toMatchObject({ curve: { number: 1 }, index: 1 });
  expect(nearestCurve(CURVES, toPixel, [500, 500])).toBeNull();
});
