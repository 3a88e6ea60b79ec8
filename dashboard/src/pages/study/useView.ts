import { useCallback, useMemo } from "react";
import { useAddress } from "../../address";
import type { Study } from "../../api/study";
import { type Filter, passing, readFilter, writeFilter } from "../../trials/filter";
import { ranked, type TrialTable } from "../../trials/table";
import { useCalm } from "../../useCalm";

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
  /** Changes made one after the other all count: each is given the filter that the one before it made. */
  changeFilter: (make: (filter: Filter) => Filter) => void;
}

/** A study of more trials than this is drawn again once a second, however often its trials change. */
const LARGE = 1_000;
const LARGE_PAUSE_MS = 1_000;

/** The view of a study under the filter in the page's address. */
export function useView(study: Study, told: TrialTable): View {
  const calm = useCalm(told, told.size > LARGE ? LARGE_PAUSE_MS : 0);
  const table = calm.study === told.study ? calm : told;
  const [query, change] = useAddress();
  // The filter alone: what else is in the address changes no trial that is shown.
  const text = writeFilter(new URLSearchParams(), readFilter(query)).toString();
  const filter = useMemo(() => readFilter(new URLSearchParams(text)), [text]);
  const objectives = Object.keys(study.objectives);
  const asked = query.get("objective");
  const objective = asked !== null && objectives.includes(asked) ? asked : (objectives[0] ?? "");
  const direction = study.objectives[objective] ?? "minimize";
  const order = useMemo(() => ranked(table, objective, direction), [table, objective, direction]);
  const shown = useMemo(() => passing(table, filter, order), [table, filter, order]);
  const changeFilter = useCallback(
    (make: (filter: Filter) => Filter) => change((now) => writeFilter(now, make(readFilter(now)))),
    [change],
  );
  // The same object while nothing in it has changed: charts are drawn again for nothing else.
  return useMemo(
    () => ({ study, table, objective, order, shown, filter, changeFilter }),
    [study, table, objective, order, shown, filter, changeFilter],
  );
}
