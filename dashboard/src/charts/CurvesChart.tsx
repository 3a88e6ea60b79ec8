import { memo, useCallback, useMemo, useRef, useState } from "react";
import { formatCount, formatNumber } from "../format/numbers";
import { useOpenTrial } from "../trials/address";
import type { TrialTable } from "../trials/table";
import { overlayLine } from "./batch";
import { axis, Chart } from "./Chart";
import styles from "./Chart.module.css";
import { type Colours, scaleColour, useColours } from "./colours";
import { type Curve, type CurveGroup, curveGroups, GOOD_PARTS, nearestCurve } from "./curves";
import type { EChartsType } from "./echarts";
import { HAIRLINE } from "./shapes";

interface CurvesChartProps {
  studyId: string;
  table: TrialTable;
  objective: string;
  good: Float64Array;
  curves: readonly Curve[];
  logSteps: boolean;
  logValues: boolean;
  height?: number;
}

/** Values as trials reported them, step by step. The curve under the pointer is named, and a click opens its trial. */
export const CurvesChart = memo(function CurvesChart(props: CurvesChartProps) {
  const { studyId, table, objective, good, curves, logSteps, logValues, height = 340 } = props;
  const colours = useColours();
  const openTrial = useOpenTrial(studyId);
  const [pointed, setPointed] = useState<{ curve: Curve; index: number } | null>(null);
  const groups = useMemo(
    () => curveGroups(table, good, curves, { logSteps, logValues }),
    [table, good, curves, logSteps, logValues],
  );
  const option = useMemo(
    () => ({
      grid: { left: 64, right: 20, top: 12, bottom: 44 },
      tooltip: { show: false },
      xAxis: axis(colours, {
        type: logSteps ? "log" : "value",
        name: "step",
        min: "dataMin",
        minInterval: 1,
      }),
      yAxis: axis(colours, { type: logValues ? "log" : "value", name: objective, scale: true, nameGap: 48 }),
      series: groups.flatMap((group) => drawn(group, colours)),
    }),
    [groups, colours, objective, logSteps, logValues],
  );

  const latest = useRef({ curves, logSteps, logValues, colours, openTrial });
  latest.current = { curves, logSteps, logValues, colours, openTrial };
  const onReady = useCallback((chart: EChartsType) => {
    const highlight = overlayLine(chart);
    const point = (event: { offsetX: number; offsetY: number } | null) => {
      const near = event === null ? null : nearestIn(chart, latest.current, event);
      setPointed(near);
      const place = (at: number[]) => chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, at);
      highlight(
        near?.curve.steps.map((step, index) => place([step, near.curve.values[index] ?? 0])) ?? null,
        latest.current.colours.accent,
      );
      return near;
    };
    const zr = chart.getZr();
    zr.on("mousemove", (event) => {
      point(event);
    });
    zr.on("globalout", () => {
      point(null);
    });
    zr.on("click", (event) => {
      const near = point(event);
      if (near !== null) latest.current.openTrial(near.curve.number);
    });
  }, []);

  return (
    <>
      <Chart
        label={`Learning curves of ${formatCount(curves.length, "trial")}: ${objective} by step.`}
        option={option}
        height={height}
        onReady={onReady}
      />
      <p className={styles.pointed}>
        {pointed === null ? "Point at a curve to see whose it is." : wordsFor(pointed, table)}
      </p>
    </>
  );
});

function drawn(group: CurveGroup, colours: Colours) {
  const style = styleOf(group.name, group.count, colours);
  const shared = { itemStyle: style, silent: true, z: style.z };
  return [
    {
      ...shared,
      id: group.name,
      type: "line",
      symbol: "none",
      lineStyle: style,
      data: group.line,
    },
    { ...shared, id: `${group.name} dots`, type: "scatter", symbolSize: 5, data: group.dots },
  ];
}

function styleOf(name: string, count: number, colours: Colours) {
  const part = Number(name);
  const opacity = count > 300 ? 0.3 : count > 50 ? 0.5 : 0.8;
  if (!Number.isNaN(part)) {
    return { color: scaleColour(colours, part / (GOOD_PARTS - 1)), width: HAIRLINE, opacity, z: 3 + part };
  }
  if (name === "running") return { color: colours.states.running, width: 2, opacity: 0.9, z: 8 };
  // Dimmed: they ended early and would hide the rest.
  return {
    color: colours.states[name],
    width: HAIRLINE,
    opacity: opacity / 2.5,
    type: "dashed" as const,
    z: 2,
  };
}

function nearestIn(
  chart: EChartsType,
  { curves, logSteps, logValues }: Pick<CurvesChartProps, "curves" | "logSteps" | "logValues">,
  { offsetX, offsetY }: { offsetX: number; offsetY: number },
) {
  if (!chart.containPixel({ gridIndex: 0 }, [offsetX, offsetY])) return null;
  // Two pixels tell the map of all points, which is much faster than to ask ECharts for each.
  const finder = { xAxisIndex: 0, yAxisIndex: 0 };
  const [x0 = 0, y0 = 0] = chart.convertFromPixel(finder, [0, 0]) as unknown as number[];
  const [x1 = 0, y1 = 0] = chart.convertFromPixel(finder, [100, 100]) as unknown as number[];
  const across = pixelsOf(x0, x1, logSteps);
  const down = pixelsOf(y0, y1, logValues);
  return nearestCurve(curves, (step, value) => [across(step), down(value)], [offsetX, offsetY]);
}

/** From values to pixels, given the values at 0 and at 100 pixels. */
function pixelsOf(at0: number, at100: number, log: boolean): (value: number) => number {
  const scaled = log ? Math.log : (value: number) => value;
  const start = scaled(at0);
  const perPixel = (scaled(at100) - start) / 100;
  return (value) => (scaled(value) - start) / perPixel;
}

function wordsFor({ curve, index }: { curve: Curve; index: number }, table: TrialTable): string {
  const state = table.states[curve.number] ?? "";
  return `Trial ${curve.number} (${state}), step ${curve.steps[index]}: ${formatNumber(curve.values[index], 6)}. Click to open it.`;
}
