/** Stored tables: the list, one of them, sending one, and what is said of its columns. */
import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { OfflineError, type Problem, ProblemError, type Schemas, send } from "./client";

export type Dataset = Schemas["DatasetResource"];

const PAGE = 500;

/** All datasets, newest first. */
export const datasetsQuery = queryOptions({
  queryKey: ["datasets"],
  queryFn: async ({ signal }) => {
    const datasets: Dataset[] = [];
    let cursor: string | undefined;
    do {
      const page: Schemas["DatasetPage"] = await send("GET", "/v1/datasets", {
        query: { limit: PAGE, cursor },
        signal,
      });
      datasets.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return datasets;
  },
});

export function datasetPath(id: string): string {
  return `/v1/datasets/${encodeURIComponent(id)}`;
}

/** One dataset with its profile. */
export function datasetQuery(id: string) {
  return queryOptions({
    queryKey: ["dataset", id],
    queryFn: ({ signal }) => send<Dataset>("GET", datasetPath(id), { signal }),
  });
}

/** Its first rows. */
export function previewQuery(id: string) {
  return queryOptions({
    queryKey: ["dataset", id, "preview"],
    queryFn: ({ signal }) => send<Schemas["DatasetPreview"]>("GET", `${datasetPath(id)}/preview`, { signal }),
    // A stored table never changes.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Change what is said of a table: its name, its target, the kinds of its columns. */
export function useDatasetChange(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: Partial<Schemas["ChangeDataset"]>) =>
      send<Dataset>("PATCH", datasetPath(id), { body }),
    onSuccess: (dataset) => {
      queries.setQueryData(datasetQuery(id).queryKey, dataset);
      queries.invalidateQueries({ queryKey: datasetsQuery.queryKey });
      queries.invalidateQueries({ queryKey: ["families", id] });
    },
  });
}

/** Delete a table that no study uses. */
export function useDatasetDeletion(id: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => send<void>("DELETE", datasetPath(id)),
    onSuccess: () => queries.invalidateQueries({ queryKey: datasetsQuery.queryKey }),
  });
}

const TYPES: Readonly<Record<string, string>> = {
  csv: "text/csv",
  parquet: "application/vnd.apache.parquet",
};

/** Send a file as it is. `onProgress` is told the share that has been sent, from 0 to 1. */
export function uploadDataset(file: File, onProgress: (share: number) => void): Promise<Dataset> {
  return new Promise((resolve, reject) => {
    // Only this old way of asking tells how much has been sent.
    const request = new XMLHttpRequest();
    request.open("POST", `/v1/datasets?name=${encodeURIComponent(datasetName(file.name))}`);
    request.setRequestHeader("Content-Type", TYPES[extensionOf(file.name)] ?? "application/octet-stream");
    request.responseType = "json";
    request.upload.onprogress = (event) => onProgress(event.total > 0 ? event.loaded / event.total : 1);
    request.onerror = () => reject(new OfflineError());
    request.onload = () =>
      request.status < 300
        ? resolve(request.response as Dataset)
        : reject(new ProblemError(problemOf(request)));
    request.send(file);
  });
}

/** A file's name without what says its kind: `titanic.csv.gz` is `titanic`. */
export function datasetName(fileName: string): string {
  return fileName.replace(/(\.(csv|tsv|txt|parquet|npz|zip|gz))+$/i, "") || fileName;
}

function extensionOf(fileName: string): string {
  return fileName.split(".").at(-1)?.toLowerCase() ?? "";
}

function problemOf(request: XMLHttpRequest): Problem {
  if (request.response !== null) return request.response as Problem;
  return {
    type: "about:blank",
    title: "The upload failed",
    status: request.status,
    detail: `The server answered with status ${request.status}.`,
    errors: [],
  };
}
