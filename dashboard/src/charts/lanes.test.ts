import { expect, it } from "vitest";
import { made } from "../trials/made";
import { barAt, busySeconds, lanesOf, NOBODY } from "./lanes";

const TABLE = {
  ...made({
    states: ["completed", "completed", "running", "completed", "waiting"],
    values: [1, 2, null, 3, null],
  }),
  workers: ["w10", "w10", "w9", null, null],
  started: [0, 5, 8, 1, null],
  finished: [10, 12, null, 2, null],
};
const LANES = lanesOf(TABLE, [4, 3, 2, 1, 0]);

it("gives each worker as many lanes as it did things at a time", () => {
  expect(LANES.workers.map(({ worker, first, count }) => [worker, first, count])).toEqual([
    ["w9", 0, 1],
    ["w10", 1, 2],
    [NOBODY, 3, 1],
  ]);
  expect(LANES.byLane.map((bars) => bars.map((bar) => bar.number))).toEqual([[2], [0], [1], [3]]);
});

it("counts the seconds of a worker once, whatever it did at a time", () => {
  expect(LANES.workers.map((worker) => busySeconds(worker.bars, 20))).toEqual([12, 12, 1]);
});

it("finds the bar at an instant; a running one lasts until now", () => {
  const at = (lane: number, instant: number) => barAt(LANES.byLane[lane], instant, 20)?.number;
  expect([at(1, 4), at(1, 11), at(0, 15), at(0, 21), at(9, 0)]).toEqual([
    0,
    undefined,
    2,
    undefined,
    undefined,
  ]);
});
