/** Trained models: what they are, and what they predict. */
import { queryOptions, useMutation } from "@tanstack/react-query";
import { type Schemas, send } from "./client";

export type Model = Schemas["ModelResource"];
export type Prediction = Schemas["Prediction"];

/** One model; its id is the study's, a dot, the trial's number. */
export function modelQuery(id: string) {
  return queryOptions({
    queryKey: ["model", id],
    queryFn: ({ signal }) => send<Model>("GET", `/v1/models/${encodeURIComponent(id)}`, { signal }),
    // A trained model never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

export type Cells = Readonly<Record<string, string | number | boolean | null>>;

/** Have a worker predict rows. */
export function usePrediction(model: Model) {
  return useMutation({
    mutationFn: (body: { rows: Cells[] } | { horizon: number }) =>
      send<Prediction>("POST", model.predictions, { body }),
  });
}
