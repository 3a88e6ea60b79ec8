import { memo, useMemo } from "react";
import { escaped } from "../format/html";
import { formatCell, formatCount, formatNumber } from "../format/numbers";
import type { View } from "../pages/study/useView";
import { useOpenTrial } from "../trials/address";
import type { Axis } from "../trials/axes";
import { Chart, legend, axis as styled } from "./Chart";
import { useColours } from "./colours";
import { placedAxis } from "./placedAxis";
import { marksFor } from "./shapes";
import { medians, slicePoints } from "./slice";

interface SliceChartProps {
  view: View;
  axis: Axis;
  logValues: boolean;
}

/** The objective against one parameter, with the median along it. */
export const SliceChart = memo(function SliceChart({ view, axis, logValues }: SliceChartProps) {
  const { table, objective, shown } = view;
  const colours = useColours();
  const openTrial = useOpenTrial(view.study.id);
  const points = useMemo(() => slicePoints(table, axis, objective, shown), [table, axis, objective, shown]);
  const option = useMemo(() => {
    const middle = medians(axis, points);
    const states = [...new Set(points.map((point) => point.state))];
    return {
      grid: { left: 64, right: 20, top: 32, bottom: 44 },
      legend: legend(colours),
      tooltip: {
        formatter: (point: { seriesName: string; value: [number, number, number?] }) => {
          const [, value, number] = point.value;
          return number === undefined
            ? `median<br><b>${formatNumber(value, 6)}</b>`
            : `trial ${number} · ${point.seriesName}<br>${escaped(axis.name)} ${escaped(formatCell(axis.cells[number]))}<br><b>${formatNumber(value, 6)}</b>`;
        },
      },
      xAxis: placedAxis(colours, axis),
      yAxis: styled(colours, {
        type: logValues ? "log" : "value",
        name: objective,
        scale: true,
        nameGap: 48,
      }),
      series: [
        ...states.map((state) => {
          const data = points
            .filter((point) => point.state === state)
            .map((point) => [point.place, point.value, point.number]);
          return {
            id: state,
            name: state,
            type: "scatter",
            ...marksFor(data.length, points.length, state),
            itemStyle: { color: colours.states[state], opacity: 0.55 },
            data,
          };
        }),
        {
          id: "median",
          name: "median of completed",
          type: "line",
          symbol: axis.choices === null ? "none" : "diamond",
          symbolSize: 12,
          lineStyle: { color: colours.accent, width: axis.choices === null ? 2.5 : 0 },
          itemStyle: { color: colours.accent },
          z: 4,
          data: middle,
        },
      ],
    };
  }, [points, axis, colours, objective, logValues]);
  return (
    <Chart
      label={`Slice: ${objective} of ${formatCount(points.length, "trial")} against ${axis.name}.`}
      option={option}
      height={320}
      on={{
        click: (event: { value?: number[] }) => {
          const number = event.value?.[2];
          if (number !== undefined) openTrial(number);
        },
      }}
    />
  );
});
