/** What can be said of the form without asking the service, by JSON pointer. */
import type { StudyDraft } from "./draft";
import { forecastErrors } from "./forecast";
import { goalErrors } from "./goals";
import { readNetwork } from "./network";
import { prunerErrors } from "./pruner";
import { spaceErrors } from "./spaceDraft";

export function draftErrors(draft: StudyDraft, dataset: string | null): Record<string, string> {
  return {
    ...(draft.name.trim() === "" ? { "#/name": "needs a name" } : {}),
    ...(draft.mode === "table" ? datasetErrors(draft, dataset) : ownErrors(draft)),
    ...spaceErrors(draft.parameters),
    ...prunerErrors(draft.pruner),
    ...numberErrors(draft),
  };
}

function datasetErrors(draft: StudyDraft, dataset: string | null): Record<string, string> {
  const errors: Record<string, string> = {};
  if (dataset === null) errors["#/dataset"] = "choose a dataset, or send one";
  else if (draft.target === "") errors["#/target"] = "choose the column to predict";
  if (draft.models?.length === 0 && draft.network.role !== "alone")
    errors["#/models"] = "choose at least one";
  if (draft.network.role !== "none") {
    const network = readNetwork(draft.network.text);
    if ("error" in network) errors["#/architecture"] = network.error;
  }
  return draft.forecast === null ? errors : { ...errors, ...forecastErrors(draft.forecast) };
}

function ownErrors(draft: StudyDraft): Record<string, string> {
  const errors = goalErrors(draft.objectives, draft.constraints);
  if (draft.parameters.length === 0) errors["#/space"] = "needs at least one parameter";
  return errors;
}

function numberErrors(draft: StudyDraft): Record<string, string> {
  const errors: Record<string, string> = {};
  const whole = (pointer: string, text: string, least: number) => {
    if (text.trim() !== "" && !(/^\d{1,15}$/.test(text.trim()) && Number(text) >= least)) {
      errors[pointer] = `must be a whole number from ${least}, or empty`;
    }
  };
  const positive = (pointer: string, text: string) => {
    if (text.trim() !== "" && !(Number(text) > 0)) errors[pointer] = "must be a number above 0, or empty";
  };
  whole("#/budget/trials", draft.trials, 1);
  positive("#/budget/seconds", draft.minutes);
  whole("#/seed", draft.seed, 0);
  whole("#/max_attempts", draft.maxAttempts, 1);
  if (draft.mode === "table") {
    whole("#/folds", draft.folds, 2);
    positive("#/max_predict_ms", draft.maxPredictMs);
  }
  return errors;
}
