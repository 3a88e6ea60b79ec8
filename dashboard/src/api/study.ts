/** A study and its trials, followed live: the cache holds what the server told last. */
import { type QueryClient, queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type TrialTable, tableOf, withChanges, withReports } from "../trials/table";
import { type Schemas, send } from "./client";
import { withoutFormer, withPoints } from "./curves";
import { Meanwhile } from "./meanwhile";
import { openStream, type StreamState } from "./stream";

export type Study = Schemas["StudyResource"];
type Columns = Schemas["TrialColumns"];
type Reports = Schemas["ReportColumns"];

const changed = new Meanwhile<Columns>();
const reported = new Meanwhile<Reports>();

/** The study itself. */
export function studyQuery(id: string) {
  return queryOptions({
    queryKey: ["study", id],
    queryFn: ({ signal }) => send<Study>("GET", `/v1/studies/${encodeURIComponent(id)}`, { signal }),
  });
}

/** All its trials. */
export function trialsQuery(id: string) {
  return queryOptions({
    queryKey: ["study", id, "trials"],
    queryFn: ({ signal }) => {
      const fetched = async () =>
        tableOf(await send<Columns>("GET", `/v1/studies/${encodeURIComponent(id)}/columns`, { signal }));
      const whole = () => changed.during(id, fetched, withNewer);
      return reported.during(id, whole, withReports);
    },
    // Kept up to date by the stream, and large: not fetched again because a window was looked at.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The study's learning curves; those that come later are added by the stream. */
export function curvesQuery(id: string) {
  return queryOptions({
    queryKey: ["study", id, "curves"],
    queryFn: ({ signal }) => {
      const fetched = () =>
        send<Schemas["Curves"]>("GET", `/v1/studies/${encodeURIComponent(id)}/curves`, { signal });
      const whole = () => changed.during(id, fetched, withoutFormer);
      return reported.during(id, whole, withPoints);
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** The study, once it is here. */
export function useStudy(id: string) {
  return useQuery(studyQuery(id));
}

/** Its trials, once they are here. */
export function useTrials(id: string) {
  return useQuery(trialsQuery(id));
}

/** Follow a study while the component is there; tells whether the line is open. */
export function useFollowed(id: string): StreamState {
  const queries = useQueryClient();
  const { data: table } = useQuery(trialsQuery(id));
  const [state, setState] = useState<StreamState>("connecting");
  const isLoaded = table !== undefined;
  useEffect(() => {
    // From where the snapshot stands: nothing between the two is missed.
    if (!isLoaded) return;
    const since = `${queries.getQueryData<TrialTable>(trialsQuery(id).queryKey)?.seq ?? 0}.0`;
    return openStream({
      url: (lastId) => `/v1/studies/${encodeURIComponent(id)}/events?since=${lastId ?? since}`,
      onState: setState,
      on: followers(queries, id),
    });
  }, [queries, id, isLoaded]);
  return state;
}

function followers(queries: QueryClient, id: string) {
  const trials = trialsQuery(id).queryKey;
  return {
    study: (study: Study) => queries.setQueryData(studyQuery(id).queryKey, study),
    trials: (changes: Columns) => {
      changed.tell(id, changes);
      queries.setQueryData(trials, (table) => table && withChanges(table, changes));
      queries.setQueryData(curvesQuery(id).queryKey, (curves) => curves && withoutFormer(curves, changes));
    },
    reports: (reports: Reports) => {
      reported.tell(id, reports);
      queries.setQueryData(trials, (table) => table && withReports(table, reports));
      queries.setQueryData(curvesQuery(id).queryKey, (curves) => curves && withPoints(curves, reports));
    },
    reset: () => queries.invalidateQueries({ queryKey: ["study", id] }),
    // Asked again, the server says itself that it is no more.
    gone: () => queries.invalidateQueries({ queryKey: ["study", id] }),
  };
}

/** The table with changes that came while it was fetched, if it does not hold them yet. */
function withNewer(table: TrialTable, changes: Columns): TrialTable {
  return changes.seq > table.seq ? withChanges(table, changes) : table;
}
