/** Steering a study: what the service answers is what the pages show at once. */
import { type QueryClient, useMutation, useQueryClient } from "@tanstack/react-query";
import { type Schemas, send } from "./client";
import { type Study, studyQuery } from "./study";

export type StudyAction = "pause" | "resume" | "cancel";

/** Pause, resume or cancel a study. */
export function useStudyAction(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (action: StudyAction) =>
      send<Study>("POST", `/v1/studies/${encodeURIComponent(id)}/${action}`),
    onSuccess: (study) => keep(queries, study),
  });
}

/** Give a study another budget; a raised one sets a completed study running again. */
export function useBudgetChange(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (budget: Schemas["BudgetBody"]) =>
      send<Study>("PATCH", `/v1/studies/${encodeURIComponent(id)}`, { body: { budget } }),
    onSuccess: (study) => keep(queries, study),
  });
}

function keep(queries: QueryClient, study: Study) {
  queries.setQueryData(studyQuery(study.id).queryKey, study);
}
