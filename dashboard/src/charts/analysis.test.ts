import { describe, expect, it } from "vitest";
import { MISSING, parameterAxis } from "../trials/axes";
import { made } from "../trials/made";
import { goodness } from "../trials/ranks";
import { parametersOf } from "../trials/space";
import { ranked } from "../trials/table";
import { distribution } from "./distribution";
import { defaultParameters, nearestLine, parallelLines } from "./parallel";
import { coverage } from "./pareto";
import { medians, slicePoints } from "./slice";
import { surfaceOf, surfacePoints } from "./surface";

const PARAMETERS = parametersOf({
  version: 1,
  parameters: {
    x: { type: "float", low: 0, high: 1 },
    kind: { type: "categorical", choices: ["a", "b"] },
    only_b: { type: "float", low: 0, high: 1, when: { kind: ["b"] } },
  },
});
const TABLE = made({
  states: ["completed", "completed", "completed", "completed", "pruned", "waiting"],
  values: [4, 3, 2, 1, null, null],
  params: {
    x: [0.1, 0.2, 0.3, 0.9, 0.5, null],
    kind: ["a", "a", "a", "b", "b", null],
    only_b: [null, null, null, 0.25, 0.75, null],
  },
});
const ORDER = ranked(TABLE, "loss", "minimize");
const axis = (name: string) => parameterAxis(TABLE, PARAMETERS, name);

describe("parallel coordinates", () => {
  it("draw a trial beside the axis of a parameter that it does not have, and no trial without any", () => {
    const lines = parallelLines([axis("x"), axis("only_b")], [3, 0, 5]);
    expect(lines).toEqual([
      { number: 3, places: [0.9, 0.25] },
      { number: 0, places: [0.1, MISSING] },
    ]);
  });

  it("find the line under the pointer, also between two axes", () => {
    const lines = [
      { number: 7, places: [0, 1] },
      { number: 8, places: [1, 1] },
    ];
    const at = (across: number, up: number) => nearestLine(lines, across, up)?.number;
    expect([at(0.5, 0.51), at(0.5, 0.99), at(0.5, 0.7), at(1, 1)]).toEqual([7, 8, undefined, 7]);
  });

  it("show the most important parameters, in the order of the space", () => {
    expect(defaultParameters(["a", "b", "c"], { c: 0.5, a: 0.3 }, 2)).toEqual(["a", "c"]);
    expect(defaultParameters(["a", "b"], {}, 2)).toEqual(["a", "b"]);
  });
});

describe("a slice", () => {
  it("has the trials with the parameter and a value, and the median of each choice", () => {
    const points = slicePoints(TABLE, axis("kind"), "loss", ORDER);
    expect(points.map((point) => point.number)).toEqual([3, 2, 1, 0]);
    expect(points.every((point) => (point.number === 3 ? point.place > 0.5 : point.place < 0.5))).toBe(true);
    expect(medians(axis("kind"), points)).toEqual([[0.25, 3]]);
    expect(slicePoints(TABLE, axis("only_b"), "loss", ORDER).map((point) => point.number)).toEqual([3]);
  });
});

describe("a surface", () => {
  it("is better where better trials are, and empty far from all of them", () => {
    const points = surfacePoints(axis("x"), axis("kind"), goodness(TABLE, ORDER), ORDER);
    const surface = surfaceOf(axis("x"), axis("kind"), points);
    const at = (column: number, row: number) =>
      surface.cells.find((cell) => cell[0] === column && cell[1] === row)?.[2];
    expect([surface.columns, surface.rows]).toEqual([8, 2]);
    expect(at(7, 1)).toBe(1);
    expect(at(7, 0)).toBeUndefined();
    expect(at(0, 0)).toBeLessThan(at(2, 0) ?? 0);
  });
});

describe("a distribution", () => {
  it("rises to 1 over completed trials", () => {
    expect(distribution(TABLE, "loss", ORDER)).toEqual({
      count: 4,
      steps: [
        [1, 0],
        [1, 0.25],
        [2, 0.5],
        [3, 0.75],
        [4, 1],
      ],
    });
    expect(distribution(TABLE, "loss", [5]).steps).toEqual([]);
  });

  it("draws many trials in a thousand steps that end at 1", () => {
    const states = Array.from({ length: 2_500 }, () => "completed" as const);
    const many = made({ states, values: states.map((_, number) => number) });
    const { count, steps } = distribution(
      many,
      "loss",
      states.map((_, number) => number),
    );
    expect([count, steps.length, steps.at(-1)]).toEqual([2_500, 1_001, [2_499, 1]]);
  });
});

describe("the area that a front covers", () => {
  const two = (accuracy: number[], seconds: number[]) => ({
    ...made({ states: accuracy.map(() => "completed" as const), values: accuracy }),
    values: { accuracy, seconds },
  });
  const pair = { x: "accuracy", y: "seconds", xDirection: "maximize", yDirection: "minimize" } as const;

  it("grows with each trial that no earlier one beats", () => {
    const table = two([0, 0.5, 0.4, 1, 0.5], [10, 5, 6, 8, 2]);
    const steps = coverage(table, pair, { accuracy: 0, seconds: 10 });
    expect(steps).toEqual([
      [1, 2.5],
      [3, 3.5],
      [4, 5],
    ]);
  });

  it("takes no trial that breaks the constraints", () => {
    const table = { ...two([0.5, 1], [5, 1]), isFeasible: [true, false] };
    expect(coverage(table, pair, { accuracy: 0, seconds: 10 })).toEqual([
      [0, 2.5],
      [1, 2.5],
    ]);
  });
});
