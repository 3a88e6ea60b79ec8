/** Model families, and what each would do about a target. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { ProblemError, type Schemas, send } from "./client";

export type Family = Schemas["FamilyResource"];
export type Families = Schemas["FamilyPage"];

/** What is to be predicted of a dataset; what is left out is found by the service. */
export interface Goal {
  dataset: string;
  target?: string;
  task?: Schemas["Task"];
  forecast?: Partial<Schemas["ForecastBody"]> & { horizon: number };
}

/** All families, with their spaces and whether they compete; and what predicting the target means. */
export function familiesQuery({ forecast, ...goal }: Goal) {
  const { horizon, time, series, season, known } = forecast ?? {};
  const query = {
    ...goal,
    horizon,
    time: time ?? undefined,
    series: series ?? undefined,
    season: season ?? undefined,
    known,
  };
  return queryOptions({
    queryKey: ["families", goal.dataset, query],
    queryFn: ({ signal }) => send<Families>("GET", "/v1/families", { query, signal }),
    placeholderData: keepPreviousData,
  });
}

/** What is wrong with a goal, by its places in the request of a study: the service says it of a query. */
export function goalErrors(error: unknown): Record<string, string> {
  if (!(error instanceof ProblemError)) return {};
  return Object.fromEntries(
    (error.problem.errors ?? []).map((place) => [inBody(place.pointer), place.detail]),
  );
}

const OF_FORECAST = ["?horizon", "?time", "?series", "?season", "?known"];

function inBody(pointer: string): string {
  return pointer.replace(/^\?/, OF_FORECAST.includes(pointer) ? "#/forecast/" : "#/");
}
