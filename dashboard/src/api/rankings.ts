/** What the service works out over all trials of a study: pages draw it, and never work it out anew. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useCalm } from "../useCalm";
import { type Schemas, send } from "./client";
import type { Study } from "./study";

/** Such numbers are asked for again when the study has changed, but not more often: they change little by one trial. */
const PAUSE_MS = 10_000;

/** How much each parameter matters to an objective, as shares of 1; empty while too little is known. */
export function useImportances(study: Study, objective: string) {
  const { seq, kept } = useStanding(study);
  return useQuery({
    queryKey: ["study", study.id, "importances", objective, seq],
    queryFn: ({ signal }) =>
      send<Schemas["Importances"]>("GET", `/v1/studies/${encodeURIComponent(study.id)}/importances`, {
        query: { objective },
        signal,
      }),
    select: (answer) => answer.importances,
    placeholderData: keepPreviousData,
    ...kept,
  });
}

/** The trials that no other beats in every objective, and what they cover; not asked for unless it is wanted. */
export function useParetoFront(study: Study, isWanted = true) {
  const { seq, kept } = useStanding(study);
  return useQuery({
    queryKey: ["study", study.id, "pareto", seq],
    queryFn: ({ signal }) =>
      send<Schemas["ParetoFront"]>("GET", `/v1/studies/${encodeURIComponent(study.id)}/pareto`, { signal }),
    enabled: isWanted,
    placeholderData: keepPreviousData,
    ...kept,
  });
}

/** Where the study stands, and how long an answer for that is kept; one that did not come is asked for again. */
function useStanding(study: Study) {
  const seq = useCalm(study.seq, PAUSE_MS);
  return { seq, kept: { staleTime: Number.POSITIVE_INFINITY, gcTime: PAUSE_MS, refetchInterval: pauseOf } };
}

function pauseOf({ state }: { state: { status: string } }) {
  return state.status === "error" ? PAUSE_MS : (false as const);
}
