import { describe, expect, it } from "vitest";
import { made } from "../../../trials/made";
import { ranked } from "../../../trials/table";
import { atWork, bestSoFar, improvement } from "./headline";

const TABLE = made({
  states: ["failed", "completed", "completed", "running", "running"],
  values: [null, 4, 3, null, null],
});
const STUDY = { objectives: { loss: "minimize" } } as const;

describe("the headline", () => {
  it("tells how far the best is beyond the first trial with a result", () => {
    const best = bestSoFar(TABLE, "loss", ranked(TABLE, "loss", "minimize"));
    expect(best).toEqual({ number: 2, value: 3 });
    expect(best && improvement(STUDY, TABLE, "loss", best)).toEqual({
      from: "the first trial",
      number: 1,
      value: 4,
      share: 0.25,
    });
  });

  it("takes the baseline where there is one, whenever it came", () => {
    const table = {
      ...made({ states: ["completed", "completed", "completed"], values: [0.5, 0.4, 0.9] }),
      origins: ["sampler", "baseline", "sampler"],
    };
    const gained = improvement({ objectives: { loss: "maximize" } }, table, "loss", {
      number: 2,
      value: 0.9,
    });
    expect(gained).toMatchObject({ from: "the baseline", number: 1 });
    expect(gained?.share).toBeCloseTo(1.25);
  });

  it("boasts of nothing while there is nothing", () => {
    expect(bestSoFar(made({ states: ["pruned"], values: [null] }), "loss", [0])).toBeNull();
    const only = made({ states: ["completed"], values: [1] });
    expect(improvement(STUDY, only, "loss", { number: 0, value: 1 })).toBeNull();
  });

  it("counts workers with a running trial once", () => {
    expect(atWork(TABLE)).toEqual({ workers: ["w"], running: 2 });
  });
});
