import { memo, useMemo } from "react";
import { formatCount, formatNumber } from "../format/numbers";
import type { View } from "../pages/study/useView";
import { useOpenTrial } from "../trials/address";
import { axis, Chart, legend } from "./Chart";
import { useColours } from "./colours";
import { bestSoFar, historyPoints } from "./history";
import { marksFor } from "./shapes";

/** Every trial's value in the order of the trials, and the best so far. */
export const HistoryChart = memo(function HistoryChart({ study, table, objective, shown }: View) {
  const colours = useColours();
  const openTrial = useOpenTrial(study.id);
  const direction = study.objectives[objective] ?? "minimize";
  const points = useMemo(() => historyPoints(table, objective, shown), [table, objective, shown]);
  const best = useMemo(() => bestSoFar(points, direction, table.size - 1), [points, direction, table.size]);
  const option = useMemo(() => {
    const states = [...new Set(points.map((point) => point.state))];
    return {
      grid: { left: 64, right: 16, top: 32, bottom: 44 },
      legend: legend(colours),
      tooltip: { formatter: tooltip },
      xAxis: axis(colours, { type: "value", name: "trial", minInterval: 1, min: 0 }),
      yAxis: axis(colours, { type: "value", name: objective, scale: true, nameGap: 48 }),
      series: [
        ...states.map((state) => {
          const data = points
            .filter((point) => point.state === state)
            .map((point) => [point.number, point.value]);
          return {
            id: state,
            name: state,
            type: "scatter",
            ...marksFor(data.length, points.length, state),
            itemStyle: { color: colours.states[state], opacity: 0.65 },
            data,
          };
        }),
        {
          id: "best",
          name: "best so far",
          type: "line",
          step: "end",
          symbol: "none",
          lineStyle: { color: colours.accent, width: 2 },
          itemStyle: { color: colours.accent },
          data: best,
          silent: true,
        },
      ],
    };
  }, [points, best, colours, objective]);
  const summary = best.at(-1);
  return (
    <Chart
      label={`History: ${formatCount(points.length, "trial")} with a value of ${objective}${
        summary ? `; the best is ${formatNumber(summary[1])}` : ""
      }.`}
      option={option}
      height={320}
      isFilling
      on={{
        click: (event: { value?: number[] }) => {
          const number = event.value?.[0];
          if (number !== undefined) openTrial(number);
        },
      }}
    />
  );
});

function tooltip(point: { seriesName: string; value: [number, number] }): string {
  return `trial ${point.value[0]} · ${point.seriesName}<br><b>${formatNumber(point.value[1], 6)}</b>`;
}
