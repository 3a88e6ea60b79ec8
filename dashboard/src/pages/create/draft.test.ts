import { describe, expect, it } from "vitest";
import { studySnippets } from "../../snippets/study";
import { bodyOf, EMPTY_DRAFT } from "./draft";
import { draftErrors } from "./draftErrors";
import { EMPTY_FORECAST } from "./forecast";
import { newConstraint, newObjective } from "./goals";
import { choicesOf, choicesText, draftOf, newParameter, spaceErrors, spaceOf } from "./spaceDraft";

const table = { ...EMPTY_DRAFT, name: "titanic", target: "survived" };

describe("the request", () => {
  it("says nothing of what is left open", () => {
    expect(bodyOf(table, "d1")).toEqual({
      name: "titanic",
      dataset: "d1",
      target: "survived",
      budget: { trials: 100 },
    });
  });

  it("gives minutes as seconds", () => {
    expect(bodyOf({ ...table, trials: "", minutes: "1.5" }, "d1").budget).toEqual({ seconds: 90 });
  });

  it("of an own training has objectives and a space, and no dataset", () => {
    const own = {
      ...table,
      mode: "own" as const,
      parameters: [newParameter({ name: "lr", low: "1e-5", high: "0.1", log: true })],
    };
    const body = bodyOf(own, "d1");
    expect(body.objectives).toEqual({ loss: "minimize" });
    expect(body.space).toEqual({
      version: 1,
      parameters: { lr: { type: "float", low: 1e-5, high: 0.1, log: true } },
    });
    expect("dataset" in body).toBe(false);
  });

  it("reads in Python as the same call", () => {
    const { Python } = studySnippets("http://h", bodyOf({ ...table, models: ["knn"] }, "d1"), "titanic");
    expect(Python).toContain('    dataset="titanic",\n    target="survived",\n    models=["knn"],');
    expect(Python).toContain("    budget=tuner.Budget(trials=100),");
  });
});

describe("a forecast", () => {
  const forecast = { ...EMPTY_FORECAST, horizon: "12", series: "shop", known: ["holiday"] };
  const draft = { ...table, forecast };

  it("says how far ahead, and what else was chosen", () => {
    const body = bodyOf({ ...draft, task: "regression" }, "d1");
    expect(body.forecast).toEqual({ horizon: 12, series: "shop", known: ["holiday"] });
    expect("task" in body).toBe(false);
  });

  it("reads in Python as a forecast", () => {
    const { Python } = studySnippets("http://h", bodyOf(draft, "d1"), "sales");
    expect(Python).toContain('    forecast=tuner.Forecast(12, series="shop", known=["holiday"]),');
  });

  it("needs to know how far", () => {
    const errors = draftErrors({ ...table, forecast: { ...EMPTY_FORECAST, season: "1" } }, "d1");
    expect(Object.keys(errors)).toEqual(["#/forecast/horizon", "#/forecast/season"]);
  });
});

describe("a network of one's own", () => {
  const text = '{"version": 1, "layers": [{"layer": "Dense", "units": 8}]}';

  it("is tuned alone, or beside the families", () => {
    const alone = bodyOf({ ...table, models: ["knn"], network: { role: "alone", text } }, "d1");
    expect(alone.architecture).toEqual(JSON.parse(text));
    expect("models" in alone).toBe(false);
    const beside = { ...table, network: { role: "beside" as const, text } };
    expect(bodyOf(beside, "d1").models).toEqual(["auto", "architecture"]);
    expect(bodyOf({ ...beside, models: ["knn"] }, "d1").models).toEqual(["knn", "architecture"]);
  });

  it("must be JSON before the service is asked about it", () => {
    const errors = draftErrors({ ...table, network: { role: "alone", text: '{"version": 1,' } }, "d1");
    expect(errors["#/architecture"]).toMatch(/^must be JSON/);
    const list = draftErrors({ ...table, network: { role: "alone", text: "[]" } }, "d1");
    expect(list["#/architecture"]).toBe("must be an object with version and layers");
  });
});

describe("goals of a training of one's own", () => {
  const own = {
    ...table,
    mode: "own" as const,
    objectives: [newObjective("loss"), { ...newObjective("accuracy"), direction: "maximize" as const }],
    constraints: [{ ...newConstraint(), name: "ms", atMost: "20" }],
    parameters: [newParameter({ name: "lr" })],
  };

  it("may be several, with bounds", () => {
    const body = bodyOf(own, null);
    expect(body.objectives).toEqual({ loss: "minimize", accuracy: "maximize" });
    expect(body.constraints).toEqual({ ms: { at_most: 20 } });
    expect(draftErrors(own, null)).toEqual({});
  });

  it("are all told with a result", () => {
    const { Python } = studySnippets("http://h", bodyOf(own, null), null);
    expect(Python).toContain('trial.tell({"loss": 0.4, "accuracy": 0.4, "ms": 0.4})');
  });

  it("need names of their own, and bounds a number", () => {
    const errors = draftErrors(
      {
        ...own,
        objectives: [newObjective("loss"), newObjective("loss")],
        constraints: [
          { ...newConstraint(), name: "ms" },
          { ...newConstraint(), name: "mb", atLeast: "few" },
        ],
      },
      null,
    );
    expect(Object.keys(errors).sort()).toEqual([
      "#/constraints/mb/at_least",
      "#/constraints/ms",
      "#/objectives/loss",
    ]);
  });
});

describe("how it searches and judges", () => {
  it("is said where it is not the default", () => {
    const draft = {
      ...table,
      folds: "4",
      ensemble: false,
      maxPredictMs: "2.5",
      backend: "jax",
      sampler: "tpe",
      pruner: { name: "asha", options: { grace_steps: "3", reduction_factor: "" } },
      maxAttempts: "1",
    };
    expect(bodyOf(draft, "d1")).toMatchObject({
      folds: 4,
      ensemble: false,
      max_predict_ms: 2.5,
      backend: "jax",
      sampler: "tpe",
      pruner: { name: "asha", grace_steps: 3 },
      max_attempts: 1,
    });
  });

  it("is the bare name of a pruner without options", () => {
    expect(bodyOf({ ...table, pruner: { name: "median", options: {} } }, "d1").pruner).toBe("median");
  });

  it("does not reach the service with numbers that are none", () => {
    const draft = { ...table, folds: "1", maxPredictMs: "0", maxAttempts: "x" };
    const pruner = { name: "asha", options: { grace_steps: "few" } };
    expect(Object.keys(draftErrors({ ...draft, pruner }, "d1")).sort()).toEqual([
      "#/folds",
      "#/max_attempts",
      "#/max_predict_ms",
      "#/pruner/grace_steps",
    ]);
  });
});

describe("errors of the form", () => {
  it("stand where the service would put them", () => {
    const draft = { ...table, name: " ", target: "", trials: "1.5", models: [] };
    expect(Object.keys(draftErrors(draft, "d1")).sort()).toEqual([
      "#/budget/trials",
      "#/models",
      "#/name",
      "#/target",
    ]);
  });

  it("find parameters without names, twice, and without numbers", () => {
    const errors = spaceErrors([
      newParameter({ name: "a/b", low: "x" }),
      newParameter({ name: "a/b" }),
      newParameter({ key: "k", name: "" }),
    ]);
    expect(Object.keys(errors).sort()).toEqual([
      "#/space/parameters/a~1b/low",
      "#/space/parameters/a~1b/name",
      "#/space/parameters/k/name",
    ]);
  });
});

describe("choices", () => {
  it("keep numbers, booleans and quoted texts apart", () => {
    expect(choicesOf('adam, 0.5, true, "1", "a, b"')).toEqual(["adam", 0.5, true, "1", "a, b"]);
  });

  it("come back as they were written", () => {
    const choices = ["adam", 0.5, true, null, "1", "a, b", 'say "x"', ""];
    expect(choicesOf(choicesText(choices))).toEqual(choices);
  });
});

describe("a parameter of a space", () => {
  it("comes back from the form as it was", () => {
    const parameters = {
      momentum: { type: "float", low: 0, high: 0.99, when: { optimizer: ["sgd"] } },
      units: { type: "int", low: 16, high: 512, step: 16 },
      size: { type: "categorical", choices: ["small", "large"], ordered: true },
    };
    const drafts = Object.entries(parameters).map(([name, written]) => draftOf(name, written));
    expect(spaceOf(drafts)).toEqual({ version: 1, parameters });
  });
});
