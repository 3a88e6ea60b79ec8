import { memo, useMemo } from "react";
import { formatCount, formatNumber } from "../format/numbers";
import type { View } from "../pages/study/useView";
import { axis, Chart } from "./Chart";
import { useColours } from "./colours";
import { distribution } from "./distribution";

interface DistributionChartProps {
  view: View;
  logValues: boolean;
}

/** The share of completed trials that have come to at most each value. */
export const DistributionChart = memo(function DistributionChart({
  view,
  logValues,
}: DistributionChartProps) {
  const { table, objective, shown } = view;
  const colours = useColours();
  const { count, steps } = useMemo(() => distribution(table, objective, shown), [table, objective, shown]);
  const option = useMemo(
    () => ({
      grid: { left: 56, right: 20, top: 16, bottom: 44 },
      tooltip: {
        trigger: "axis",
        formatter: ([point]: { value: [number, number] }[]) =>
          point === undefined
            ? ""
            : `${formatNumber(100 * point.value[1], 3)} % are at most<br><b>${formatNumber(point.value[0], 6)}</b>`,
      },
      xAxis: axis(colours, { type: logValues ? "log" : "value", name: objective, scale: true }),
      yAxis: axis(colours, {
        type: "value",
        min: 0,
        max: 1,
        name: "share of trials",
        nameGap: 40,
        axisLabel: { color: colours.muted, formatter: (share: number) => `${Math.round(100 * share)} %` },
      }),
      series: [
        {
          id: "distribution",
          type: "line",
          step: "end",
          symbol: "none",
          lineStyle: { color: colours.accent, width: 2 },
          itemStyle: { color: colours.accent },
          areaStyle: { color: colours.accent, opacity: 0.08 },
          data: steps,
        },
      ],
    }),
    [steps, colours, objective, logValues],
  );
  const middle = steps.find((step) => step[1] >= 0.5)?.[0];
  return (
    <Chart
      label={`Distribution of ${objective} over ${formatCount(count, "completed trial")}; half of them are at most ${formatNumber(middle)}.`}
      option={option}
      height={320}
    />
  );
});
