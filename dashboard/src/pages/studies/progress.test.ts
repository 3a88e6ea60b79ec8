import { describe, expect, it } from "vitest";
import { progressOf } from "./progress";

const study = (budget: { trials: number | null; seconds: number | null }, state = "running") =>
  ({ budget, num_counted: 20, used_seconds: 100, state }) as Parameters<typeof progressOf>[0];

describe("progressOf", () => {
  it("takes the limit that ends the study first", () => {
    expect(progressOf(study({ trials: 40, seconds: 1000 }))).toEqual({ share: 0.5, secondsLeft: 100 });
    expect(progressOf(study({ trials: 4000, seconds: 125 }))).toEqual({ share: 0.8, secondsLeft: 25 });
  });

  it("cannot tell without a budget, and promises nothing for a study that does not run", () => {
    expect(progressOf(study({ trials: null, seconds: null }))).toEqual({ share: null, secondsLeft: null });
    expect(progressOf(study({ trials: 40, seconds: null }, "paused"))).toEqual({
      share: 0.5,
      secondsLeft: null,
    });
  });
});
