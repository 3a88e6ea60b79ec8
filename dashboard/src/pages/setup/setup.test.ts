import { describe, expect, it } from "vitest";
import type { Study } from "../../api/study";
import { byCondition, spaceTree } from "./setup";

const space = {
  version: 1,
  parameters: {
    "svm.gamma": {
      type: "float",
      low: 0.01,
      high: 10,
      log: true,
      when: { "svm.kernel": ["radial"], model: ["svm"] },
    },
    model: { type: "categorical", choices: ["svm", "knn"] },
    "svm.kernel": { type: "categorical", choices: ["radial", "linear"], when: { model: ["svm"] } },
    "knn.neighbors": { type: "int", low: 1, high: 100, when: { model: ["knn"] } },
  },
} as unknown as Study["space"];

describe("the tree of a space", () => {
  const [model] = spaceTree(space);

  it("hangs parameters below what they depend on, wherever they stand in the space", () => {
    expect(model?.children.map((child) => child.parameter.name)).toEqual(["svm.kernel", "knn.neighbors"]);
    expect(model?.children[0]?.children[0]?.parameter.name).toBe("svm.gamma");
  });

  it("groups them by the value with which they are there", () => {
    expect(byCondition(model?.children ?? []).map(([when]) => when)).toEqual(["svm", "knn"]);
  });

  it("keeps conditions on further parameters", () => {
    expect(model?.children[0]?.children[0]?.also).toBe("model is svm");
  });
});
