/** The list of studies, followed live. */
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { type Schemas, send } from "./client";
import { openStream, type StreamState } from "./stream";
import { studyQuery } from "./study";

type Study = Schemas["StudyResource"];

const PAGE = 500;

/** All studies, newest first. */
export const studiesQuery = queryOptions({
  queryKey: ["studies"],
  queryFn: async ({ signal }) => {
    const studies: Study[] = [];
    let cursor: string | undefined;
    do {
      const page: Schemas["StudyPage"] = await send("GET", "/v1/studies", {
        query: { limit: PAGE, cursor },
        signal,
      });
      studies.push(...page.items);
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return studies;
  },
});

/** All studies while the component is there, and whether the line is open. */
export function useFollowedStudies() {
  const queries = useQueryClient();
  const [line, setLine] = useState<StreamState>("connecting");
  useEffect(
    () =>
      openStream({
        url: () => "/v1/studies/events",
        onState: (state) => {
          setLine(state);
          // The stream tells what comes; what came before it was open is asked for.
          if (state === "live") queries.invalidateQueries({ queryKey: studiesQuery.queryKey, exact: true });
        },
        on: {
          study: (study: Study) => {
            queries.setQueryData(studyQuery(study.id).queryKey, study);
            queries.setQueryData(studiesQuery.queryKey, (known) => known && withStudy(known, study));
          },
          gone: ({ study }: Schemas["Gone"]) =>
            queries.setQueryData(studiesQuery.queryKey, (known) =>
              known?.filter((each) => each.id !== study),
            ),
        },
      }),
    [queries],
  );
  return { line, ...useQuery(studiesQuery) };
}

/** The list with one study as it stands now; a new one comes first. */
export function withStudy(studies: readonly Study[], study: Study): Study[] {
  const isKnown = studies.some((each) => each.id === study.id);
  return isKnown ? studies.map((each) => (each.id === study.id ? study : each)) : [study, ...studies];
}
