/** A study to be created, as the form holds it, and the request that it makes. */
import type { Schemas } from "../../api/client";
import { type ParameterDraft, spaceErrors, spaceOf } from "./spaceDraft";

export interface StudyDraft {
  /** Models of a table, or a training of one's own. */
  mode: "table" | "own";
  name: string;
  target: string;
  /** Null: all families that fit. */
  models: readonly string[] | null;
  metric: string;
  trials: string;
  minutes: string;
  sampler: string;
  pruner: string;
  seed: string;
  objective: string;
  direction: Schemas["Direction"];
  parameters: readonly ParameterDraft[];
}

export const EMPTY_DRAFT: StudyDraft = {
  mode: "table",
  name: "",
  target: "",
  models: null,
  metric: "",
  trials: "100",
  minutes: "",
  sampler: "auto",
  pruner: "",
  seed: "",
  objective: "loss",
  direction: "minimize",
  parameters: [],
};

export type CreateBody = Partial<Omit<Schemas["CreateStudy"], "budget">> & {
  name: string;
  budget: { trials?: number; seconds?: number };
};

/** What is sent; what the form leaves open is left out, so that the service chooses. */
export function bodyOf(draft: StudyDraft, dataset: string | null): CreateBody {
  const isTable = draft.mode === "table";
  const body: CreateBody = { name: draft.name.trim(), budget: budgetOf(draft) };
  if (isTable) {
    if (dataset !== null) body.dataset = dataset;
    if (draft.target !== "") body.target = draft.target;
    if (draft.models !== null) body.models = [...draft.models];
    if (draft.metric !== "") body.metric = draft.metric;
  } else {
    body.objectives = { [draft.objective.trim()]: draft.direction };
  }
  if (!isTable || draft.parameters.length > 0) body.space = spaceOf(draft.parameters);
  if (draft.sampler !== "auto") body.sampler = draft.sampler;
  if (draft.pruner !== "") body.pruner = draft.pruner;
  if (draft.seed.trim() !== "") body.seed = Number(draft.seed);
  return body;
}

/** What can be said of the form without asking the service, by JSON pointer. */
export function draftErrors(draft: StudyDraft, dataset: string | null): Record<string, string> {
  const errors: Record<string, string> = spaceErrors(draft.parameters);
  if (draft.name.trim() === "") errors["#/name"] = "needs a name";
  if (draft.mode === "table") {
    if (dataset === null) errors["#/dataset"] = "choose a table, or send one";
    else if (draft.target === "") errors["#/target"] = "choose the column to predict";
    if (draft.models?.length === 0) errors["#/models"] = "choose at least one";
  } else {
    if (draft.objective.trim() === "") errors["#/objectives"] = "needs a name";
    if (draft.parameters.length === 0) errors["#/space"] = "needs at least one parameter";
  }
  if (!isCount(draft.trials)) errors["#/budget/trials"] = "must be a whole number above 0, or empty";
  if (draft.minutes.trim() !== "" && !(Number(draft.minutes) > 0)) {
    errors["#/budget/seconds"] = "must be a number above 0, or empty";
  }
  if (draft.seed.trim() !== "" && !/^\d{1,15}$/.test(draft.seed.trim())) {
    errors["#/seed"] = "must be a whole number from 0";
  }
  return errors;
}

function budgetOf(draft: StudyDraft): CreateBody["budget"] {
  return {
    ...(draft.trials.trim() !== "" && isCount(draft.trials) ? { trials: Number(draft.trials) } : {}),
    ...(Number(draft.minutes) > 0 ? { seconds: 60 * Number(draft.minutes) } : {}),
  };
}

function isCount(text: string): boolean {
  return text.trim() === "" || (/^\d+$/.test(text.trim()) && Number(text) > 0);
}
