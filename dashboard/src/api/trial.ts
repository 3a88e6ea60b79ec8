/** One trial: all that is known of it, and what can be done with it. */
import {
  keepPreviousData,
  queryOptions,
  skipToken,
  useMutation,
  useQuery,
  useQueryClient,
} from "@tanstack/react-query";
import type { Scalar, TrialTable } from "../trials/table";
import { type Schemas, send, sendForText } from "./client";

export type Trial = Schemas["TrialResource"];
export type Artifact = Schemas["ArtifactResource"];
export type Measurement = Schemas["MeasurementResource"];

/** Whether somebody can ask for such a trial: baselines and ensembles the service makes itself. */
export function isAskable(trial: Trial): boolean {
  return ["sampler", "enqueued", "imported"].includes(trial.origin);
}

const FILES_PAUSE_MS = 2_000;

function pathOf(study: string, number: number): string {
  return `/v1/studies/${encodeURIComponent(study)}/trials/${number}`;
}

/** What the table says of a trial: when this changes, the trial is asked for again. */
function stampOf(table: TrialTable, number: number) {
  return [table.states[number], table.attempts[number], table.notes[number], table.finished[number]];
}

/** The trial; asked for again when the study's stream tells that it has changed. */
export function useTrial(table: TrialTable, number: number) {
  return useQuery({
    queryKey: ["study", table.study, "trial", number, ...stampOf(table, number)],
    queryFn: ({ signal }) => send<Trial>("GET", pathOf(table.study, number), { signal }),
    placeholderData: keepPreviousData,
  });
}

/** What a trial has reported, in every attempt; asked for again when it has reported more. */
export function measurementsQuery(table: TrialTable, number: number) {
  return queryOptions({
    queryKey: ["study", table.study, "measurements", number, table.attempts[number], table.lastSteps[number]],
    queryFn: async ({ signal }) => {
      const page: Schemas["MeasurementPage"] = await send(
        "GET",
        `${pathOf(table.study, number)}/measurements`,
        { signal },
      );
      return page.items;
    },
    placeholderData: keepPreviousData,
  });
}

/** The files that it has left; of a running trial asked for again and again, for nobody tells of them. */
export function useArtifacts(table: TrialTable, number: number) {
  return useQuery({
    queryKey: ["study", table.study, "artifacts", number, ...stampOf(table, number)],
    queryFn: async ({ signal }) => {
      const page: Schemas["ArtifactPage"] = await send("GET", `${pathOf(table.study, number)}/artifacts`, {
        signal,
      });
      return page.items;
    },
    refetchInterval: table.states[number] === "running" ? FILES_PAUSE_MS : false,
    placeholderData: keepPreviousData,
  });
}

/** The log among a trial's files: that of the latest attempt that has written anything. */
export function logOf(files: readonly Artifact[]): Artifact | undefined {
  return files.filter((file) => file.name === "log.txt").sort((a, b) => b.attempt - a.attempt)[0];
}

/** What the training process has written. Fetched when there is a log, and again when it is another. */
export function useLog(study: string, log: Artifact | undefined) {
  return useQuery({
    queryKey: ["study", study, "log", log?.number, log?.attempt, log?.sha256],
    queryFn: log ? ({ signal }) => sendForText("GET", artifactUrl(study, log), { signal }) : skipToken,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });
}

export type Params = Readonly<Record<string, Scalar>>;

/** Enqueue a point, to be tried before the sampler is asked. */
export function useEnqueue(study: string) {
  return useMutation({
    mutationFn: async (params: Params) => {
      const created: Schemas["TrialsCreated"] = await send(
        "POST",
        `/v1/studies/${encodeURIComponent(study)}/trials`,
        { body: { trials: [{ params }] } },
      );
      return created.items[0]?.number ?? null;
    },
  });
}

/** Stop a trial: a waiting one at once, a running one at its next report. */
export function useStop(study: string, number: number) {
  return useMutation({ mutationFn: () => send<Trial>("POST", `${pathOf(study, number)}/stop`) });
}

/** Write a note on a trial; an empty one removes it. */
export function useNote(study: string, number: number) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (note: string) => send<Trial>("PATCH", pathOf(study, number), { body: { note } }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["study", study, "trial", number] }),
  });
}

/** Where a file can be had. */
export function artifactUrl(study: string, artifact: Artifact): string {
  const { number, attempt, name } = artifact;
  return `${pathOf(study, number)}/attempts/${attempt}/artifacts/${encodeURIComponent(name)}`;
}
