import { describe, expect, it } from "vitest";
import type { Study } from "../api/study";
import { activeIn, pointOf } from "./point";
import { parametersOf } from "./space";

const parameters = parametersOf({
  version: 1,
  parameters: {
    momentum: { type: "float", low: 0, high: 1, when: { optimizer: ["sgd"] } },
    optimizer: { type: "categorical", choices: ["sgd", "adam"] },
    nesterov: { type: "categorical", choices: [true, false], when: { momentum: [0.5] } },
    units: { type: "int", low: 16, high: 64 },
  },
} as unknown as Study["space"]);

const names = (draft: Record<string, string>) => activeIn(parameters, draft).map((each) => each.name);

describe("points", () => {
  it("have the parameters whose conditions are met, through any number of parents", () => {
    expect(names({ optimizer: "adam", momentum: "0.5" })).toEqual(["optimizer", "units"]);
    expect(names({ optimizer: "sgd", momentum: "0.5" })).toEqual([
      "momentum",
      "optimizer",
      "nesterov",
      "units",
    ]);
  });

  it("keep the types of choices and leave out what is empty", () => {
    const draft = { optimizer: "sgd", momentum: "0.5", nesterov: "true", units: "" };
    expect(pointOf(parameters, draft)).toEqual({
      params: { optimizer: "sgd", momentum: 0.5, nesterov: true },
      errors: {},
    });
  });

  it("tell what is wrong where it is", () => {
    expect(pointOf(parameters, { optimizer: "adam", units: "16.5" }).errors).toEqual({
      units: "must be a whole number from 16 to 64",
    });
  });
});
