import { describe, expect, it } from "vitest";
import type { Families } from "../../api/families";
import type { StudyOptions } from "../../api/options";
import { metricsOf, metricWords } from "./metrics";
import { optionsOf } from "./pruner";

const metric = (name: string, ...tasks: string[]) => ({ name, tasks, direction: "minimize" });
const options = {
  metrics: [
    metric("roc_auc", "binary"),
    metric("log_loss", "binary", "multiclass"),
    metric("rmse", "regression"),
  ],
  pruners: [{ name: "threshold", options: { at_most: null, grace_steps: 3 } }],
} as unknown as StudyOptions;
const families = { target: { task: "binary" }, metric: "log_loss" } as unknown as Families;

describe("metrics", () => {
  it("are those of the task, the default first", () => {
    expect(metricsOf(options, families).map(({ name }) => name)).toEqual(["log_loss", "roc_auc"]);
  });

  it("are not known before the target is", () => {
    expect(metricsOf(options, undefined)).toEqual([]);
    expect(metricsOf(options, { ...families, target: null })).toEqual([]);
  });

  it("say which way is better", () => {
    expect(metricsOf(options, families).map(metricWords)).toEqual(["log_loss ↓", "roc_auc ↓"]);
  });
});

describe("options of a pruner", () => {
  it("come with their defaults", () => {
    expect(optionsOf("threshold", options)).toEqual([
      ["at_most", "none"],
      ["grace_steps", "3"],
    ]);
    expect(optionsOf("", options)).toEqual([]);
  });
});
