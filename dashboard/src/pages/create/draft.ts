/** A study to be created, as the form holds it, and the request that it makes. */
import type { Schemas } from "../../api/client";
import { type ForecastDraft, forecastOf } from "./forecast";
import {
  type ConstraintDraft,
  constraintsOf,
  newObjective,
  type ObjectiveDraft,
  objectivesOf,
} from "./goals";
import { type NetworkDraft, NO_NETWORK, readNetwork } from "./network";
import { NO_PRUNER, type PrunerDraft, prunerOf } from "./pruner";
import { type ParameterDraft, spaceOf } from "./spaceDraft";

export interface StudyDraft {
  /** Models of a dataset, or a training of one's own. */
  mode: "table" | "own";
  name: string;
  target: string;
  /** Empty: found by the service. */
  task: Schemas["Task"] | "";
  /** Null: no forecast. */
  forecast: ForecastDraft | null;
  /** Null: all families that fit. */
  models: readonly string[] | null;
  network: NetworkDraft;
  backend: string;
  metric: string;
  folds: string;
  ensemble: boolean;
  maxPredictMs: string;
  trials: string;
  minutes: string;
  sampler: string;
  pruner: PrunerDraft;
  seed: string;
  maxAttempts: string;
  objectives: readonly ObjectiveDraft[];
  constraints: readonly ConstraintDraft[];
  parameters: readonly ParameterDraft[];
}

export const EMPTY_DRAFT: StudyDraft = {
  mode: "table",
  name: "",
  target: "",
  task: "",
  forecast: null,
  models: null,
  network: NO_NETWORK,
  backend: "",
  metric: "",
  folds: "",
  ensemble: true,
  maxPredictMs: "",
  trials: "100",
  minutes: "",
  sampler: "",
  pruner: NO_PRUNER,
  seed: "",
  maxAttempts: "",
  objectives: [newObjective("loss")],
  constraints: [],
  parameters: [],
};

/** A draft about another dataset keeps what does not hang on its columns. */
export const NOTHING_OF_A_DATASET: Partial<StudyDraft> = {
  target: "",
  task: "",
  forecast: null,
  models: null,
  metric: "",
  parameters: [],
};

export type CreateBody = Partial<Omit<Schemas["CreateStudy"], "budget" | "forecast">> & {
  name: string;
  budget: { trials?: number; seconds?: number };
  forecast?: Partial<Schemas["ForecastBody"]>;
};

/** What is sent; what the form leaves open is left out, so that the service chooses. */
export function bodyOf(draft: StudyDraft, dataset: string | null): CreateBody {
  const body: CreateBody = {
    name: draft.name.trim(),
    budget: budgetOf(draft),
    ...(draft.mode === "table" ? datasetParts(draft, dataset) : ownParts(draft)),
  };
  if (draft.mode === "own" || draft.parameters.length > 0) body.space = spaceOf(draft.parameters);
  if (draft.sampler !== "") body.sampler = draft.sampler;
  if (draft.pruner.name !== "") body.pruner = prunerOf(draft.pruner);
  if (draft.seed.trim() !== "") body.seed = Number(draft.seed);
  if (draft.maxAttempts.trim() !== "") body.max_attempts = Number(draft.maxAttempts);
  return body;
}

function ownParts(draft: StudyDraft): Partial<CreateBody> {
  return {
    objectives: objectivesOf(draft.objectives),
    ...(draft.constraints.length > 0 ? { constraints: constraintsOf(draft.constraints) } : {}),
  };
}

function datasetParts(draft: StudyDraft, dataset: string | null): Partial<CreateBody> {
  const parts: Partial<CreateBody> = {};
  if (dataset !== null) parts.dataset = dataset;
  if (draft.target !== "") parts.target = draft.target;
  const forecast = draft.forecast && forecastOf(draft.forecast);
  if (forecast) parts.forecast = forecast;
  else if (draft.task !== "") parts.task = draft.task;
  const models = modelsOf(draft);
  if (models !== null) parts.models = models;
  if (draft.network.role !== "none") {
    const network = readNetwork(draft.network.text);
    if ("document" in network) parts.architecture = network.document;
  }
  if (draft.backend !== "") parts.backend = draft.backend;
  if (draft.metric !== "") parts.metric = draft.metric;
  if (draft.folds.trim() !== "") parts.folds = Number(draft.folds);
  if (!draft.ensemble) parts.ensemble = false;
  if (draft.maxPredictMs.trim() !== "") parts.max_predict_ms = Number(draft.maxPredictMs);
  return parts;
}

/** The families by name; null: all that fit, or the network of one's own alone. */
function modelsOf({ models, network }: StudyDraft): string[] | null {
  if (network.role === "alone") return null;
  if (network.role === "beside") return [...(models ?? ["auto"]), "architecture"];
  return models === null ? null : [...models];
}

function budgetOf(draft: StudyDraft): CreateBody["budget"] {
  const { trials, minutes } = draft;
  return {
    ...(/^\d+$/.test(trials.trim()) && Number(trials) > 0 ? { trials: Number(trials) } : {}),
    ...(Number(minutes) > 0 ? { seconds: 60 * Number(minutes) } : {}),
  };
}
