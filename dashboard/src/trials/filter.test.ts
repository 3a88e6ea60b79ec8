import { describe, expect, it } from "vitest";
import { NO_FILTER, passing, readFilter, writeFilter } from "./filter";
import { made } from "./made";
import { ranked } from "./table";

const TABLE = made({
  states: ["completed", "completed", "pruned", "failed", "completed"],
  values: [0.3, 0.1, null, null, 0.2],
  params: { lr: [0.1, 0.2, 0.3, 0.4, 0.5], kind: ["a", "b", "a", "b", "a"] },
});
const ORDER = ranked(TABLE, "loss", "minimize");

describe("passing", () => {
  it("lets all trials through without a filter, best first", () => {
    expect(passing(TABLE, NO_FILTER, ORDER)).toEqual([1, 4, 0, 2, 3]);
  });

  it("keeps the best share of the completed ones", () => {
    expect(passing(TABLE, { ...NO_FILTER, best: 50 }, ORDER)).toEqual([1, 4]);
    expect(passing(TABLE, { ...NO_FILTER, best: 1 }, ORDER)).toEqual([1]);
  });

  it("keeps what all brushes have marked", () => {
    const brushes = { "param:lr": { low: 0.15, high: 0.5 }, "param:kind": { choices: ["a"] } };
    expect(passing(TABLE, { ...NO_FILTER, brushes }, ORDER)).toEqual([4, 2]);
  });

  it("leaves out trials that have no value on a marked axis", () => {
    expect(passing(TABLE, { ...NO_FILTER, brushes: { "value:loss": { low: 0, high: 1 } } }, ORDER)).toEqual([
      1, 4, 0,
    ]);
  });
});

describe("the filter in the address", () => {
  it("comes back as it was written", () => {
    const filter = {
      states: ["completed" as const, "pruned" as const],
      best: 10,
      brushes: { "param:a:b": { low: -1, high: 2.5 }, "param:kind": { choices: ["x,y", null, true, 3] } },
    };
    expect(readFilter(writeFilter(new URLSearchParams("tab=slice"), filter))).toEqual(filter);
  });

  it("keeps the rest of the address, and leaves no trace of no filter", () => {
    const query = writeFilter(new URLSearchParams("tab=slice&best=5&states=failed"), NO_FILTER);
    expect(query.toString()).toBe("tab=slice");
  });

  it("passes over what cannot be read", () => {
    const query = new URLSearchParams([
      ["states", "completed,nonsense"],
      ["best", "none"],
      ["brush", "[1,2]"],
      ["brush", "{"],
    ]);
    expect(readFilter(query)).toEqual({ states: ["completed"], best: null, brushes: {} });
  });
});
