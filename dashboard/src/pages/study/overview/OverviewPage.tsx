import { useMemo } from "react";
import { HistoryChart } from "../../../charts/HistoryChart";
import { FilterBar } from "../../../components/FilterBar";
import { Panel } from "../../../components/Panel";
import { formatCount } from "../../../format/numbers";
import { useStudyView } from "../StudyPage";
import { Controls } from "./Controls";
import { Headline } from "./Headline";
import styles from "./OverviewPage.module.css";
import { RunningCurves } from "./RunningCurves";
import { TopTrials } from "./TopTrials";

/** What a study has come to, at a glance, and how to steer it. */
export function OverviewPage() {
  const view = useStudyView();
  const { study, table, shown, filter, changeFilter } = view;
  const running = useMemo(
    () => shown.filter((number) => table.states[number] === "running"),
    [shown, table.states],
  );
  return (
    <>
      <Controls study={study} />
      <Headline view={view} />
      <FilterBar table={table} shown={shown} filter={filter} changeFilter={changeFilter} />
      <div className={styles.grid}>
        <Panel
          title="History"
          isColumn
          aside={`${formatCount(shown.length, "trial")} of ${table.size.toLocaleString("en-US")}`}
        >
          <HistoryChart {...view} />
        </Panel>
        <TopTrials view={view} />
        {running.length > 0 ? (
          <div className={styles.wide}>
            <RunningCurves view={view} running={running} />
          </div>
        ) : null}
      </div>
    </>
  );
}
