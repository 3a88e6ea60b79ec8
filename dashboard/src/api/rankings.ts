/** What the service works out over all trials of a study: pages draw it, and never work it out anew. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type Schemas, send } from "./client";
import type { Study } from "./study";

/** While a study runs, such numbers are asked for again this often: they change little from trial to trial. */
const PAUSE_MS = 10_000;

/** How much each parameter matters to an objective, as shares of 1; empty while too little is known. */
export function useImportances(study: Study, objective: string) {
  return useQuery({
    queryKey: ["study", study.id, "importances", objective, stampOf(study)],
    queryFn: ({ signal }) =>
      send<Schemas["Importances"]>("GET", `/v1/studies/${encodeURIComponent(study.id)}/importances`, {
        query: { objective },
        signal,
      }),
    select: (answer) => answer.importances,
    placeholderData: keepPreviousData,
    ...followed(study),
  });
}

/** The trials that no other beats in every objective, and what they cover; not asked for unless it is wanted. */
export function useParetoFront(study: Study, isWanted = true) {
  return useQuery({
    queryKey: ["study", study.id, "pareto", stampOf(study)],
    queryFn: ({ signal }) =>
      send<Schemas["ParetoFront"]>("GET", `/v1/studies/${encodeURIComponent(study.id)}/pareto`, { signal }),
    enabled: isWanted,
    placeholderData: keepPreviousData,
    ...followed(study),
  });
}

/** When this changes they are asked for again: with what a study came to at last, and with what is told of it later. */
function stampOf(study: Study) {
  return study.state === "running" ? "running" : study.seq;
}

function followed(study: Study) {
  return { staleTime: PAUSE_MS, refetchInterval: study.state === "running" ? PAUSE_MS : (false as const) };
}
