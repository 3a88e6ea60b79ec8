import { useMemo } from "react";
import { lanesOf } from "../../../charts/lanes";
import { TimelineChart } from "../../../charts/TimelineChart";
import { FilterBar } from "../../../components/FilterBar";
import { Notice } from "../../../components/Notice";
import { Panel } from "../../../components/Panel";
import { formatCount } from "../../../format/numbers";
import { useStudyView } from "../StudyPage";
import { LanesTable } from "./LanesTable";
import { useNow } from "./useNow";

/** Which worker did what, when, and how busy each was. */
export function TimelinePage() {
  const { study, table, shown, filter, changeFilter } = useStudyView();
  const lanes = useMemo(() => lanesOf(table, shown), [table, shown]);
  const isRunning = useMemo(() => lanes.bars.some((bar) => bar.to === null), [lanes]);
  const now = useNow(study.created_at, isRunning, lanes.end);
  return (
    <>
      <FilterBar table={table} shown={shown} filter={filter} changeFilter={changeFilter} />
      {lanes.bars.length === 0 ? (
        <Notice title="No trial has begun yet">
          <p>
            The timeline shows which worker does what as soon as one takes a trial
            {shown.length < table.size ? ", or when the filter lets more trials through" : ""}.
          </p>
        </Notice>
      ) : (
        <>
          <Panel
            title="Timeline"
            aside={`${formatCount(lanes.bars.length, "trial")} on ${formatCount(lanes.workers.length, "worker")}; time since the study was created`}
          >
            <TimelineChart studyId={study.id} lanes={lanes} now={now} />
          </Panel>
          <LanesTable lanes={lanes} now={now} />
        </>
      )}
    </>
  );
}
