import { useMemo } from "react";
import { useSearchParams } from "react-router";
import type { Study } from "../../api/study";
import { type Filter, passing, readFilter, writeFilter } from "../../trials/filter";
import { ranked, type TrialTable } from "../../trials/table";

/** What every chart and table of a study shows: its trials, their order, and those that pass the filter. */
export interface View {
  study: Study;
  table: TrialTable;
  objective: string;
  /** All numbers, best first. */
  order: readonly number[];
  /** The numbers that pass the filter, best first. */
  shown: readonly number[];
  filter: Filter;
  setFilter: (filter: Filter) => void;
}

/** The view of a study under the filter in the page's address. */
export function useView(study: Study, table: TrialTable): View {
  const [query, setQuery] = useSearchParams();
  const text = query.toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text says all that the query does.
  const filter = useMemo(() => readFilter(query), [text]);
  const objectives = Object.keys(study.objectives);
  const asked = query.get("objective");
  const objective = asked !== null && objectives.includes(asked) ? asked : (objectives[0] ?? "");
  const direction = study.objectives[objective] ?? "minimize";
  const order = useMemo(() => ranked(table, objective, direction), [table, objective, direction]);
  const shown = useMemo(() => passing(table, filter, order), [table, filter, order]);
  return {
    study,
    table,
    objective,
    order,
    shown,
    filter,
    setFilter: (changed) => setQuery((now) => writeFilter(now, changed), { replace: true }),
  };
}
