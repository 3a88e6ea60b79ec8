import { describe, expect, it } from "vitest";
import { brushBetween, MISSING, parameterAxis, placeOf, spansOf, ticks, valueAxis } from "./axes";
import { made } from "./made";
import { parametersOf } from "./space";

const PARAMETERS = parametersOf({
  version: 1,
  parameters: {
    lr: { type: "float", low: 1e-4, high: 1, log: true },
    units: { type: "int", low: 0, high: 10 },
    width: { type: "int", low: 8, high: 128, log: true },
    opt: { type: "categorical", choices: ["sgd", "adam", null] },
    momentum: { type: "float", low: 0, high: 1, when: { opt: ["sgd"] } },
    decay: { type: "categorical", choices: [null, "step"], when: { opt: ["sgd"] } },
  },
});
const TABLE = made({
  states: ["completed", "completed", "failed"],
  values: [4, 2, null],
  params: {
    lr: [0.01, 1, 1e-4],
    units: [0, 5, 10],
    width: [8, 32, 128],
    opt: ["sgd", "adam", null],
    momentum: [0.5, null, null],
    decay: [null, null, null],
  },
});
const axis = (name: string) => parameterAxis(TABLE, PARAMETERS, name);

describe("placeOf", () => {
  it("places numbers on their own scale and choices in the middle of equal parts", () => {
    expect([0, 1, 2].map((number) => placeOf(axis("lr"), number))).toEqual([0.5, 1, 0]);
    expect([0, 1, 2].map((number) => placeOf(axis("opt"), number))).toEqual([1 / 6, 0.5, 5 / 6]);
  });

  it("tells a parameter that is not there from one that is null", () => {
    expect([0, 1, 2].map((number) => placeOf(axis("momentum"), number))).toEqual([0.5, null, null]);
    expect([0, 1, 2].map((number) => placeOf(axis("decay"), number))).toEqual([0.25, null, null]);
    expect(axis("decay").count).toBe(1);
  });

  it("gives values the range of the trials that are shown", () => {
    const loss = valueAxis(TABLE, "loss", [0, 1, 2], false);
    expect([loss.low, loss.high, placeOf(loss, 2)]).toEqual([2, 4, null]);
  });
});

describe("ticks", () => {
  it("stand at round numbers, powers of ten and choices", () => {
    expect(ticks(axis("lr")).map((tick) => tick.label)).toEqual(["1e−4", "0.001", "0.01", "0.1", "1"]);
    expect(ticks(axis("units")).map((tick) => tick.label)).toEqual(["0", "2", "4", "6", "8", "10"]);
    expect(ticks(axis("width")).map((tick) => tick.label)).toEqual(["10", "20", "50", "100"]);
    expect(ticks(axis("opt")).map((tick) => tick.label)).toEqual(["sgd", "adam", "null"]);
  });

  it("name the place of trials without the parameter", () => {
    expect(ticks(axis("momentum"))[0]).toEqual({ at: MISSING, label: "without" });
  });
});

describe("brushBetween", () => {
  it("gives numbers on the scale of the axis, and whole ones where it has no others", () => {
    expect(brushBetween(axis("lr"), 0.25, 2)).toEqual({ low: 0.001, high: 1 });
    expect(brushBetween(axis("units"), 0.11, 0.58)).toEqual({ low: 2, high: 5 });
    expect(brushBetween(axis("units"), 0.11, 0.15)).toBeNull();
  });

  it("gives the choices that it covers", () => {
    expect(brushBetween(axis("opt"), 0.4, 1)).toEqual({ choices: ["adam", null] });
  });

  it("can mark the trials without the parameter", () => {
    expect(brushBetween(axis("momentum"), -0.2, -0.05)).toEqual({ choices: [null] });
    expect(brushBetween(axis("momentum"), -0.2, 1)).toBeNull();
  });

  it("is drawn where it was marked", () => {
    for (const [name, from, to] of [["lr", 0.25, 0.75] as const, ["units", 0.2, 0.5] as const]) {
      const brush = brushBetween(axis(name), from, to);
      const [span] = spansOf(axis(name), brush ?? { choices: [] });
      expect(span?.[0]).toBeCloseTo(from);
      expect(span?.[1]).toBeCloseTo(to);
    }
    expect(spansOf(axis("opt"), { choices: ["sgd", null] }).length).toBe(2);
    expect(spansOf(axis("opt"), { choices: ["sgd", "adam"] }).length).toBe(1);
  });
});
