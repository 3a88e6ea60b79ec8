/** Names that the service knows, with what they mean. One that it no longer knew would be told at its field. */
import type { Column } from "../datasets/profile";

export const METRICS: Readonly<Record<string, string>> = {
  log_loss: "How surprised the model is by the truth; lower is better.",
  accuracy: "Share of rows whose class is predicted.",
  balanced_accuracy: "The same, with each class counting alike.",
  f1: "Balance of what is found and what is found rightly.",
  roc_auc: "How well two classes are told apart.",
  rmse: "Typical error, with large ones counting more; lower is better.",
  mae: "Mean absolute error; lower is better.",
  r2: "Share of the variance that is explained.",
};

const CLASSES = ["log_loss", "accuracy", "balanced_accuracy", "f1"];
const NUMBERS = ["rmse", "mae", "r2"];

/** The metrics that fit a target; a number of few values may be predicted as classes as well. */
export function metricsOf(target: Column | undefined): readonly string[] {
  if (target === undefined) return [];
  const isBinary = target.num_unique === 2;
  const classes = isBinary ? [...CLASSES, "roc_auc"] : CLASSES;
  if (target.kind !== "number") return classes;
  return isBinary || (target.num_unique ?? 0) <= 20 ? [...NUMBERS, ...classes] : NUMBERS;
}

export const SAMPLERS: Readonly<Record<string, string>> = {
  auto: "as the service chooses",
  random: "random",
  sobol: "Sobol: evenly spread",
  grid: "grid: every point",
  tpe: "TPE",
  gp: "Gaussian process",
  cmaes: "CMA-ES",
  nsga2: "NSGA-II",
  nsga3: "NSGA-III",
};

export const PRUNERS: Readonly<Record<string, string>> = {
  "": "as the service chooses",
  none: "none: every trial runs to its end",
  asha: "successive halving (ASHA)",
  hyperband: "Hyperband",
  median: "worse than the median",
  percentile: "worse than most",
  patience: "no longer improving",
};
