import { describe, expect, it } from "vitest";
import type { Schemas } from "../../api/client";
import type { Study } from "../../api/study";
import { againBody, byCondition, spaceTree } from "./setup";

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

describe("the same study again", () => {
  const knn = { type: "int", low: 1, high: 100, when: { model: ["knn"] } };
  const study = {
    name: "penguins",
    budget: { trials: 50, seconds: null },
    space: {
      version: 1,
      parameters: {
        model: { type: "categorical", choices: ["knn", "svm"] },
        "knn.neighbors": { ...knn, high: 9 },
        "svm.c": { type: "float", low: 0.1, high: 10, log: true, when: { model: ["svm"] } },
      },
    },
    objectives: { log_loss: "minimize" },
    constraints: {},
    dataset: "d1",
    target: { name: "species", task: "multiclass", forecast: null },
    models: ["knn", "svm"],
    metric: "log_loss",
    validation: { folds: 4, scored_folds: 4, ensemble: false, max_predict_ms: 5 },
    backend: null,
    architecture: null,
    sampler: "tpe",
    pruner: { name: "asha", grace_steps: 3 },
    seed: 7,
    max_attempts: 2,
  } as unknown as Study;
  const families = [
    { name: "knn", space: { parameters: { neighbors: { type: "int", high: 100, low: 1 } } } },
    { name: "svm", space: { parameters: { c: { type: "float", low: 0.1, high: 10, log: true } } } },
  ] as unknown as Schemas["FamilyResource"][];

  it("says all that was said of a dataset, and of the space what differs from the families'", () => {
    expect(againBody(study, families)).toEqual({
      name: "penguins-again",
      budget: { trials: 50 },
      dataset: "d1",
      target: "species",
      task: "multiclass",
      models: ["knn", "svm"],
      metric: "log_loss",
      space: { version: 1, parameters: { "knn.neighbors": { ...knn, high: 9 } } },
      folds: 4,
      ensemble: false,
      max_predict_ms: 5,
      sampler: "tpe",
      pruner: { name: "asha", grace_steps: 3 },
      seed: 7,
      max_attempts: 2,
    });
  });

  it("leaves folds to the service where it had chosen to score some only", () => {
    const validation = { folds: 10, scored_folds: 1, ensemble: true, max_predict_ms: null };
    const body = againBody({ ...study, validation } as unknown as Study, families);
    expect("folds" in body || "max_predict_ms" in body).toBe(false);
    expect(body.ensemble).toBe(true);
  });

  it("of a forecast names how far ahead instead of a task", () => {
    const forecast = { horizon: 12, time: "month", series: null, season: 12, known: [] };
    const target = { name: "passengers", task: "forecast", forecast };
    const body = againBody({ ...study, target } as unknown as Study, families);
    expect(body.forecast).toEqual(forecast);
    expect("task" in body).toBe(false);
  });

  it("of an own training keeps its space, goals and bounds", () => {
    const own = { ...study, dataset: null, target: null, constraints: { ms: { at_most: 20 } } };
    const body = againBody(own as unknown as Study);
    expect(body.space).toEqual(study.space);
    expect(body.objectives).toEqual({ log_loss: "minimize" });
    expect(body.constraints).toEqual({ ms: { at_most: 20 } });
    expect("dataset" in body || "models" in body).toBe(false);
  });
});
