/** Which studies are listed, in which order. */
import type { Schemas } from "../../api/client";

type Study = Schemas["StudyResource"];

export type SortKey = "created" | "updated" | "name" | "trials";

export interface Listing {
  search: string;
  state: string | null;
  sort: SortKey;
}

/** The listing that the page's address holds. */
export function readListing(query: URLSearchParams): Listing {
  const sort = query.get("sort");
  return {
    search: query.get("q") ?? "",
    state: query.get("state"),
    sort: sort === "updated" || sort === "name" || sort === "trials" ? sort : "created",
  };
}

/** The studies of a listing. Words of the search may stand anywhere in the name, in any order. */
export function listed(studies: readonly Study[], { search, state, sort }: Listing): Study[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matching = studies.filter(
    (study) =>
      (state === null || study.state === state) &&
      words.every((word) => study.name.toLowerCase().includes(word)),
  );
  return matching.sort(ORDERS[sort]);
}

const ORDERS: Record<SortKey, (a: Study, b: Study) => number> = {
  created: (a, b) => b.created_at.localeCompare(a.created_at),
  updated: (a, b) => b.updated_at.localeCompare(a.updated_at),
  name: (a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }),
  trials: (a, b) => b.num_trials - a.num_trials,
};
