import { useMemo } from "react";
import { formatNumber } from "../format/numbers";
import { axis, Chart } from "./Chart";
import { useColours } from "./colours";

export interface Line {
  name: string;
  points: readonly (readonly [step: number, value: number])[];
}

interface LinesChartProps {
  /** What the lines are, for who cannot see them. */
  label: string;
  lines: readonly Line[];
  step: string;
  value: string;
  height?: number;
}

/** Beside colours: lines are told apart by how they are drawn. */
const STYLES = ["solid", "dashed", "dotted"] as const;
const SYMBOLS = [
  "circle",
  "rect",
  "triangle",
  "diamond",
  "emptyCircle",
  "emptyRect",
  "emptyTriangle",
  "emptyDiamond",
];

/** A few lines over steps: the curves of one trial, or those of some trials beside each other. */
export function LinesChart({ label, lines, step, value, height = 260 }: LinesChartProps) {
  const colours = useColours();
  const option = useMemo(
    () => ({
      grid: { left: 68, right: 16, top: lines.length > 1 ? 36 : 16, bottom: 44 },
      legend: { show: lines.length > 1, top: 0, type: "scroll", textStyle: { color: colours.muted } },
      tooltip: { trigger: "axis", valueFormatter: (shown: number) => formatNumber(shown, 5) },
      xAxis: axis(colours, { type: "value", name: step, minInterval: 1, min: "dataMin", max: "dataMax" }),
      yAxis: axis(colours, { type: "value", name: value, scale: true, nameGap: 52 }),
      series: lines.map((line, place) => ({
        id: line.name,
        name: line.name,
        type: "line",
        data: line.points,
        symbol: SYMBOLS[place % SYMBOLS.length],
        symbolSize: 6,
        showSymbol: line.points.length <= 50,
        lineStyle: { width: 2, type: STYLES[Math.floor(place / 3) % STYLES.length] },
      })),
    }),
    [lines, colours, step, value],
  );
  return <Chart label={label} option={option} height={height} />;
}
