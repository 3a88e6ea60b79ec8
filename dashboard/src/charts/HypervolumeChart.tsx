import { memo, useMemo } from "react";
import { formatNumber } from "../format/numbers";
import { axis, Chart } from "./Chart";
import { useColours } from "./colours";

interface HypervolumeChartProps {
  /** Trials at which the area grew, and the area. */
  steps: readonly [number, number][];
}

/** How much the front covers, trial by trial: when it no longer grows, the search has found what it can. */
export const HypervolumeChart = memo(function HypervolumeChart({ steps }: HypervolumeChartProps) {
  const colours = useColours();
  const option = useMemo(
    () => ({
      grid: { left: 64, right: 20, top: 32, bottom: 44 },
      tooltip: {
        trigger: "axis",
        formatter: ([point]: { value: [number, number] }[]) =>
          point === undefined ? "" : `trial ${point.value[0]}<br><b>${formatNumber(point.value[1], 6)}</b>`,
      },
      xAxis: axis(colours, { type: "value", name: "trial", min: 0, minInterval: 1 }),
      yAxis: axis(colours, { type: "value", name: "area covered", min: 0, nameGap: 48 }),
      series: [
        {
          id: "area",
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
    [steps, colours],
  );
  return (
    <Chart
      label={`Area that the Pareto front covers, trial by trial; at last ${formatNumber(steps.at(-1)?.[1])}.`}
      option={option}
      height={320}
    />
  );
});
