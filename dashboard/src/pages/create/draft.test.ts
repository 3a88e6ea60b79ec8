import { describe, expect, it } from "vitest";
import { studySnippets } from "../../snippets/study";
import { bodyOf, draftErrors, EMPTY_DRAFT } from "./draft";
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
