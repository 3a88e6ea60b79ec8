import { memo, useMemo } from "react";
import { escaped } from "../format/html";
import { formatCount, formatNumber } from "../format/numbers";
import type { View } from "../pages/study/useView";
import { useOpenTrial } from "../trials/address";
import { axis, Chart, legend } from "./Chart";
import { useColours } from "./colours";
import { feasibleNumbers, type Pair } from "./pareto";
import { marksFor } from "./shapes";

interface ParetoChartProps {
  view: View;
  pair: Pair;
  /** The trials that no other beats in every objective of the study. */
  front: readonly number[];
}

/** Completed trials by two objectives, and the front of those that no other beats. */
export const ParetoChart = memo(function ParetoChart({ view, pair, front }: ParetoChartProps) {
  const { table, shown } = view;
  const colours = useColours();
  const openTrial = useOpenTrial(view.study.id);
  const option = useMemo(() => {
    const point = (number: number) => [
      table.values[pair.x]?.[number],
      table.values[pair.y]?.[number],
      number,
    ];
    const isFirst = new Set(front);
    const others = feasibleNumbers(table, pair, shown).filter((number) => !isFirst.has(number));
    const onFront = front
      .map(point)
      .filter((each) => each[0] != null && each[1] != null)
      .sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0));
    // With two objectives the front is a staircase: what lies between two of its trials nobody has reached.
    const isStaircase = Object.keys(view.study.objectives).length === 2;
    return {
      grid: { left: 64, right: 20, top: 32, bottom: 44 },
      legend: legend(colours),
      tooltip: {
        formatter: ({ value, seriesName }: { value: number[]; seriesName: string }) =>
          [
            `trial ${value[2]} · ${seriesName}`,
            `${escaped(pair.x)} <b>${formatNumber(value[0], 6)}</b>`,
            `${escaped(pair.y)} <b>${formatNumber(value[1], 6)}</b>`,
          ].join("<br>"),
      },
      xAxis: axis(colours, { type: "value", name: titleOf(pair.x, pair.xDirection), scale: true }),
      yAxis: axis(colours, {
        type: "value",
        name: titleOf(pair.y, pair.yDirection),
        scale: true,
        nameGap: 48,
      }),
      series: [
        {
          id: "others",
          name: "beaten by another",
          type: "scatter",
          ...marksFor(others.length, others.length),
          itemStyle: { color: colours.muted, opacity: 0.45 },
          data: others.map(point),
        },
        {
          id: "front",
          name: "Pareto front",
          type: "line",
          step: isStaircase ? (pair.xDirection === "minimize" ? "end" : "start") : false,
          symbol: "diamond",
          symbolSize: 11,
          lineStyle: { color: colours.accent, width: isStaircase ? 1.5 : 0 },
          itemStyle: { color: colours.accent },
          z: 4,
          data: onFront,
        },
      ],
    };
  }, [table, shown, front, pair, colours, view.study.objectives]);
  return (
    <Chart
      label={`Pareto front of ${formatCount(front.length, "trial")} by ${pair.x} and ${pair.y}.`}
      option={option}
      height={320}
      on={{
        click: (event: { value?: number[] }) => event.value?.[2] !== undefined && openTrial(event.value[2]),
      }}
    />
  );
});

function titleOf(name: string, direction: string): string {
  return `${name} (${direction})`;
}
