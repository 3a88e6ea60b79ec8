import { useQuery } from "@tanstack/react-query";
import { memo, useMemo } from "react";
import { curvesQuery } from "../../../api/study";
import { CurvesChart } from "../../../charts/CurvesChart";
import { curvesOf } from "../../../charts/curves";
import { Panel } from "../../../components/Panel";
import { formatCount } from "../../../format/numbers";
import { goodness } from "../../../trials/ranks";
import type { View } from "../useView";

const MOST_BESIDE = 5;

/** How the trials that run now are doing, beside the best ones that are done. */
export const RunningCurves = memo(function RunningCurves({
  view,
  running,
}: {
  view: View;
  running: readonly number[];
}) {
  const { study, table, order } = view;
  const { data } = useQuery(curvesQuery(study.id));
  const good = useMemo(() => goodness(table, order), [table, order]);
  const curves = useMemo(() => {
    if (data === undefined) return [];
    const best = order.filter((number) => table.states[number] === "completed").slice(0, MOST_BESIDE);
    return curvesOf(data, [...running, ...best]);
  }, [data, order, table.states, running]);
  if (curves.length === 0) return null;
  return (
    <Panel
      title="Learning curves of running trials"
      aside={`${formatCount(running.length, "running trial")}, beside the ${MOST_BESIDE} best`}
    >
      <CurvesChart
        studyId={study.id}
        table={table}
        objective={Object.keys(study.objectives)[0] ?? ""}
        good={good}
        curves={curves}
        logSteps={false}
        logValues={false}
        height={240}
      />
    </Panel>
  );
});
