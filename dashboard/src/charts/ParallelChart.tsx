import { memo, useCallback, useMemo, useRef, useState } from "react";
import { formatCell, formatCount } from "../format/numbers";
import { useOpenTrial } from "../trials/address";
import { type Axis, brushBetween, spansOf } from "../trials/axes";
import type { Brush } from "../trials/filter";
import { overlayLine } from "./batch";
import { Chart } from "./Chart";
import styles from "./Chart.module.css";
import { useColours } from "./colours";
import type { EChartsType } from "./echarts";
import { nearestLine, type ParallelLine, parallelLines } from "./parallel";
import { parallelOption } from "./parallelOption";

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
/** Nearer to an axis than this a press begins a mark, and opens no trial. */
const AXIS_SHARE = 0.12;

/** One line for each trial through its values on all axes; a mark on an axis filters every chart and table. */
export const ParallelChart = memo(function ParallelChart(props: ParallelChartProps) {
  const { studyId, axes, numbers, others, good, brushes, onBrush } = props;
  const colours = useColours();
  const openTrial = useOpenTrial(studyId);
  const [pointed, setPointed] = useState<number | null>(null);
  const lines = useMemo(() => parallelLines(axes, numbers), [axes, numbers]);
  const behind = useMemo(() => parallelLines(axes, others), [axes, others]);
  const option = useMemo(
    () => parallelOption(axes, { lines, behind, good }, colours, AXIS_WIDTH),
    [axes, lines, behind, good, colours],
  );

  const latest = useRef({ axes, brushes, lines, colours, openTrial });
  latest.current = { axes, brushes, lines, colours, openTrial };
  const known = useRef(new Map<string, string>());
  const onReady = useCallback((chart: EChartsType) => {
    known.current.clear();
    const highlight = overlayLine(chart);
    const point = (event: { offsetX: number; offsetY: number } | null) => {
      const line = event === null ? null : lineAt(chart, latest.current.lines, event);
      setPointed(line?.number ?? null);
      const place = (at: number[]) => chart.convertToPixel({ xAxisIndex: 0, yAxisIndex: 0 }, at);
      highlight(line?.places.map((up, across) => place([across, up])) ?? null, latest.current.colours.accent);
      return line;
    };
    const zr = chart.getZr();
    zr.on("mousemove", (event) => {
      point(event);
    });
    zr.on("globalout", () => {
      point(null);
    });
    zr.on("click", (event) => {
      const line = point(event);
      if (line !== null) latest.current.openTrial(line.number);
    });
  }, []);
  const onDrawn = useCallback((chart: EChartsType) => {
    const keys = new Set(latest.current.axes.map((axis) => axis.key));
    // An axis that went and comes back is a new one.
    for (const key of known.current.keys()) if (!keys.has(key)) known.current.delete(key);
    mark(chart, latest.current, known.current);
  }, []);

  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <section style={{ overflowX: "auto" }} tabIndex={0} aria-label="Axes">
        <div style={{ minWidth: axes.length * AXIS_WIDTH }}>
          <Chart
            label={`Parallel coordinates of ${formatCount(lines.length, "trial")} over ${axes
              .map((axis) => axis.name)
              .join(", ")}.`}
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
                onBrush(
                  axis.key,
                  interval === undefined ? null : brushBetween(axis, interval[0], interval[1]),
                );
              },
            }}
          />
        </div>
      </section>
      <p className={styles.pointed}>
        {pointed === null
          ? "Drag along an axis to keep the trials in that range, in all charts and tables; click beside the mark to remove it."
          : wordsFor(axes, pointed)}
      </p>
    </>
  );
});

/** The line under the pointer; none next to an axis, where one draws marks. */
function lineAt(
  chart: EChartsType,
  lines: readonly ParallelLine[],
  { offsetX, offsetY }: { offsetX: number; offsetY: number },
): ParallelLine | null {
  const at = [offsetX, offsetY];
  if (!chart.containPixel({ gridIndex: 0 }, at)) return null;
  const [across = 0, up = 0] = chart.convertFromPixel(
    { xAxisIndex: 0, yAxisIndex: 0 },
    at,
  ) as unknown as number[];
  if (Math.abs(across - Math.round(across)) < AXIS_SHARE) return null;
  return nearestLine(lines, across, up);
}

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

function wordsFor(axes: readonly Axis[], number: number): string {
  const words = axes.map((axis) =>
    axis.has(number) ? `${axis.name} ${formatCell(axis.cells[number] ?? "null")}` : `without ${axis.name}`,
  );
  return `Trial ${number}: ${words.join(", ")}. Click to open it.`;
}
