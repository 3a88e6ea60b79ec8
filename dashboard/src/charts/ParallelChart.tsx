import { memo, useCallback, useMemo, useRef } from "react";
import { useNavigate } from "react-router";
import { escaped } from "../format/html";
import { formatCell, formatCount } from "../format/numbers";
import { type Axis, brushBetween, MISSING, spansOf } from "../trials/axes";
import type { Brush } from "../trials/filter";
import { Chart } from "./Chart";
import { scaleColour, useColours } from "./colours";
import type { EChartsType } from "./echarts";
import { parallelLines } from "./parallel";
import { labels } from "./placedAxis";
import { HAIRLINE } from "./shapes";

interface ParallelChartProps {
  studyId: string;
  axes: readonly Axis[];
  /** The trials that are drawn, best first. */
  numbers: readonly number[];
  /** Trials that the filter leaves out, drawn faintly behind. */
  others: readonly number[];
  good: Float64Array;
  brushes: Readonly<Record<string, Brush>>;
  onBrush: (axis: string, brush: Brush | null) => void;
}

type Marks = Pick<ParallelChartProps, "axes" | "brushes">;

interface AreaSelected {
  parallelAxisId?: string;
  intervals?: [number, number][];
}

const AXIS_WIDTH = 92;

/** One line for each trial through its values on all axes; a mark on an axis filters every chart and table. */
export const ParallelChart = memo(function ParallelChart({
  studyId,
  axes,
  numbers,
  others,
  good,
  brushes,
  onBrush,
}: ParallelChartProps) {
  const colours = useColours();
  const navigate = useNavigate();
  const lines = useMemo(() => parallelLines(axes, numbers), [axes, numbers]);
  const behind = useMemo(() => parallelLines(axes, others), [axes, others]);
  const option = useMemo(() => {
    const opacity = lines.length > 1_000 ? 0.2 : lines.length > 200 ? 0.45 : 0.75;
    return {
      parallel: {
        left: 48,
        right: 56,
        top: 44,
        bottom: 20,
        parallelAxisDefault: {
          type: "value",
          max: 1,
          realtime: false,
          nameLocation: "end",
          nameGap: 18,
          nameTruncate: { maxWidth: AXIS_WIDTH },
          nameTextStyle: { color: colours.text, fontSize: 12 },
          axisLine: { lineStyle: { color: colours.muted } },
          axisTick: { show: false },
          areaSelectStyle: { width: 18, color: colours.accent, borderColor: colours.accent, opacity: 0.25 },
        },
      },
      tooltip: { formatter: (line: { name: string }) => tooltip(axes, Number(line.name)), confine: true },
      parallelAxis: axes.map((axis, dim) => ({
        id: axis.key,
        dim,
        // Above the lines, which would hide the labels.
        z: 6,
        name: axis.name,
        min: axis.count < axis.cells.length ? MISSING - 0.03 : 0,
        ...labels(axis, colours, true),
      })),
      series: [
        {
          id: "behind",
          type: "parallel",
          silent: true,
          z: 1,
          inactiveOpacity: 0.12,
          lineStyle: { color: colours.muted, width: HAIRLINE, opacity: 0.12 },
          data: behind.map((line) => line.places),
        },
        {
          id: "trials",
          type: "parallel",
          z: 2,
          activeOpacity: opacity,
          inactiveOpacity: opacity,
          lineStyle: { width: HAIRLINE, opacity },
          emphasis: { lineStyle: { width: 3, opacity: 1 } },
          // The best one last, so that it lies on top.
          data: lines.toReversed().map((line, place) => ({
            name: String(line.number),
            value: line.places,
            lineStyle: lineStyle(good[line.number] ?? Number.NaN, place === lines.length - 1),
          })),
        },
      ],
    };

    function lineStyle(share: number, isBest: boolean) {
      if (Number.isNaN(share)) return { color: colours.muted, type: "dashed" };
      const color = scaleColour(colours, share);
      return isBest ? { color, width: 3, opacity: 1 } : { color };
    }
  }, [axes, lines, behind, good, colours]);

  const marks = useRef<Marks>({ axes, brushes });
  marks.current = { axes, brushes };
  const known = useRef(new Map<string, string>());
  const onReady = useCallback(() => known.current.clear(), []);
  const onDrawn = useCallback((chart: EChartsType) => {
    const keys = new Set(marks.current.axes.map((axis) => axis.key));
    // An axis that went and comes back is a new one.
    for (const key of known.current.keys()) if (!keys.has(key)) known.current.delete(key);
    mark(chart, marks.current, known.current);
  }, []);

  return (
    <div style={{ overflowX: "auto" }}>
      <div style={{ minWidth: axes.length * AXIS_WIDTH }}>
        <Chart
          label={`Parallel coordinates of ${formatCount(lines.length, "trial")} over ${axes
            .map((axis) => axis.name)
            .join(", ")}. Filters can also be set above, without a mouse.`}
          option={option}
          height={360}
          onReady={onReady}
          onDrawn={onDrawn}
          on={{
            axisareaselected: (event: AreaSelected) => {
              const axis = axes.find((each) => each.key === event.parallelAxisId);
              const interval = event.intervals?.at(-1);
              if (axis === undefined) return;
              known.current.set(axis.key, JSON.stringify(event.intervals));
              onBrush(axis.key, interval === undefined ? null : brushBetween(axis, interval[0], interval[1]));
            },
            click: (event: { name?: string }) => {
              if (event.name) navigate(`/studies/${studyId}/trials/${event.name}`);
            },
          }}
        />
      </div>
    </div>
  );
});

/** Show the filter's marks on the axes, wherever they were set; `known` are those that the chart shows already. */
function mark(chart: EChartsType, { axes, brushes }: Marks, known: Map<string, string>) {
  const batch = axes.flatMap((axis) => {
    const brush = brushes[axis.key];
    const intervals = brush === undefined ? [] : spansOf(axis, brush);
    const text = JSON.stringify(intervals);
    if ((known.get(axis.key) ?? "[]") === text) return [];
    known.set(axis.key, text);
    return [{ parallelAxisId: axis.key, intervals }];
  });
  // All at once: each action draws the chart anew.
  if (batch.length > 0) chart.dispatchAction({ type: "axisAreaSelect", batch }, { silent: true });
}

function tooltip(axes: readonly Axis[], number: number): string {
  const rows = axes.map((axis) => {
    const text = axis.has(number) ? String(formatCell(axis.cells[number] ?? "null")) : "without";
    return `${escaped(axis.name)}: <b>${escaped(text)}</b>`;
  });
  return [`trial ${number}`, ...rows].join("<br>");
}
