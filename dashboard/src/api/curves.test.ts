import { expect, it } from "vitest";
import { withoutFormer, withPoints } from "./curves";

type Curves = Parameters<typeof withPoints>[0];

const CURVES: Curves = {
  study: "s",
  numbers: [3, 5],
  attempts: [1, 1],
  steps: [
    [0, 1, 2],
    [0, 4],
  ],
  values: [
    [9, 8, 7],
    [6, 5],
  ],
};

/** A report of one trial, as the stream tells it. */
function report(number: number, attempt: number, step: number, value: number) {
  return { numbers: [number], attempts: [attempt], steps: [step], values: [value] };
}

/** What is shown of a trial. */
function curve(curves: Curves, number: number) {
  const place = curves.numbers.indexOf(number);
  return (curves.steps[place] ?? []).map((step, at) => [step, curves.values[place]?.[at]]);
}

/** That a trial is now in this attempt. */
function changes(number: number, attempt: number) {
  return { numbers: [number], attempts: [attempt] } as Parameters<typeof withoutFormer>[1];
}

it("adds points in the order of their steps; one that is told again replaces the one before", () => {
  const grown = [report(5, 1, 2, 5.5), report(5, 1, 4, 4), report(8, 2, 0, 1)].reduce(withPoints, CURVES);
  expect(curve(grown, 5)).toEqual([
    [0, 6],
    [2, 5.5],
    [4, 4],
  ]);
  expect(curve(grown, 8)).toEqual([[0, 1]]);
  expect(curve(CURVES, 5)).toHaveLength(2);
});

it("begins a curve anew with each attempt of its trial", () => {
  const grown = [report(3, 2, 0, 1), report(3, 2, 1, 0.5)].reduce(withPoints, CURVES);
  expect(curve(grown, 3)).toEqual([
    [0, 1],
    [1, 0.5],
  ]);
  expect(curve(grown, 5)).toEqual(curve(CURVES, 5));
});

it("leaves out what an earlier attempt has reported", () => {
  const second = withPoints(CURVES, report(3, 2, 0, 1));
  expect(curve(withPoints(second, report(3, 1, 1, 8)), 3)).toEqual([[0, 1]]);
});

it("drops the curve of an attempt once another has begun, and of no other trial", () => {
  const left = withoutFormer(CURVES, changes(3, 2));
  expect(left.numbers).toEqual([5]);
  expect(curve(left, 5)).toEqual(curve(CURVES, 5));
  expect(withoutFormer(CURVES, changes(3, 1))).toBe(CURVES);
});
