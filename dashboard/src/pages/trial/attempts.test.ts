import { describe, expect, it } from "vitest";
import type { Trial } from "../../api/trial";
import { attemptsOf, curvesOf } from "./attempts";

const trial = { attempt: 2, state: "failed", failure: "out_of_memory" } as Trial;
const measurements = [
  { attempt: 1, step: 2, value: 0.5 },
  { attempt: 1, step: 1, value: 0.9 },
  { attempt: 2, step: 1, value: 0.8 },
];

describe("attempts", () => {
  it("are listed from the latest, each with what it reported last and how it ended", () => {
    expect(attemptsOf(trial, measurements, [])).toEqual([
      {
        attempt: 2,
        numReports: 1,
        lastStep: 1,
        lastValue: 0.8,
        numFiles: 0,
        fate: "failed: out of memory",
      },
      {
        attempt: 1,
        numReports: 2,
        lastStep: 2,
        lastValue: 0.5,
        numFiles: 0,
        fate: "lost or given back, then tried again",
      },
    ]);
  });

  it("each have a curve in the order of its steps", () => {
    expect(curvesOf(measurements).map((curve) => curve.points)).toEqual([
      [[1, 0.8]],
      [
        [1, 0.9],
        [2, 0.5],
      ],
    ]);
  });
});
