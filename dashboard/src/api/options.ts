/** What studies may choose from, as the service tells it. */
import { queryOptions } from "@tanstack/react-query";
import { type Schemas, send } from "./client";

export type StudyOptions = Schemas["StudyOptions"];

/** Samplers, pruners, metrics and backends. */
export const optionsQuery = queryOptions({
  queryKey: ["options"],
  queryFn: ({ signal }) => send<StudyOptions>("GET", "/v1/options", { signal }),
  // It changes with the service's version alone.
  staleTime: Number.POSITIVE_INFINITY,
});
