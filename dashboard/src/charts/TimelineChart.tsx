import { memo, useCallback, useMemo, useRef, useState } from "react";
import { formatCount } from "../format/numbers";
import { formatDuration } from "../format/times";
import { useOpenTrial } from "../trials/address";
import { BARS } from "./batch";
import { axis, Chart, legend } from "./Chart";
import styles from "./Chart.module.css";
import { type Colours, useColours } from "./colours";
import type { EChartsType } from "./echarts";
import { type Bar, barAt, type Lanes } from "./lanes";
import { patternFor } from "./patterns";

interface TimelineChartProps {
  studyId: string;
  lanes: Lanes;
  /** Seconds since the study was created, until which running trials reach. */
  now: number;
}

const GRID = { left: 132, right: 20, top: 28, bottom: 64 };
const LEAST_HEIGHT = 220;
const MOST_HEIGHT = 900;

/**
 * Trials by worker over time. All bars of a state are one element: ten thousand of them would take ECharts a second, and
 * one takes milliseconds.
 */
export const TimelineChart = memo(function TimelineChart({ studyId, lanes, now }: TimelineChartProps) {
  const colours = useColours();
  const openTrial = useOpenTrial(studyId);
  const [pointed, setPointed] = useState<Bar | null>(null);
  const count = lanes.byLane.length;
  const laneHeight = Math.max(5, Math.min(28, MOST_HEIGHT / Math.max(1, count)));
  const height = Math.max(LEAST_HEIGHT, count * laneHeight + GRID.top + GRID.bottom);
  const option = useMemo(() => optionOf(lanes, now, colours), [lanes, now, colours]);

  const latest = useRef({ lanes, now, openTrial });
  latest.current = { lanes, now, openTrial };
  const onReady = useCallback((chart: EChartsType) => {
    const find = ({ offsetX, offsetY }: { offsetX: number; offsetY: number }) => {
      const at = [offsetX, offsetY];
      if (!chart.containPixel({ gridIndex: 0 }, at)) return null;
      const finder = { xAxisIndex: 0, yAxisIndex: 0 };
      const [instant = 0, lane = 0] = chart.convertFromPixel(finder, at) as unknown as number[];
      const [beside = instant] = chart.convertFromPixel(finder, [
        offsetX + 2,
        offsetY,
      ]) as unknown as number[];
      const { byLane } = latest.current.lanes;
      return barAt(byLane[Math.floor(lane)], instant, latest.current.now, beside - instant);
    };
    const zr = chart.getZr();
    zr.on("mousemove", (event) => {
      const bar = find(event);
      zr.setCursorStyle(bar === null ? "default" : "pointer");
      setPointed(bar);
    });
    zr.on("globalout", () => setPointed(null));
    zr.on("click", (event) => {
      const bar = find(event);
      if (bar !== null) latest.current.openTrial(bar.number);
    });
  }, []);

  return (
    <>
      <Chart
        label={`Timeline of ${formatCount(lanes.bars.length, "trial")} on ${formatCount(lanes.workers.length, "worker")}.`}
        option={option}
        height={height}
        onReady={onReady}
      />
      <p className={styles.pointed}>
        {pointed === null
          ? "Point at a bar to see which trial it is; drag below to zoom."
          : wordsFor(pointed, now)}
      </p>
    </>
  );
});

function optionOf(lanes: Lanes, now: number, colours: Colours) {
  const states = [...new Set(lanes.bars.map((bar) => bar.state))];
  const count = Math.max(1, lanes.byLane.length);
  const named = new Map(lanes.workers.map((worker) => [worker.first + worker.count / 2, worker.worker]));
  return {
    grid: GRID,
    legend: { ...legend(colours), selectedMode: false },
    tooltip: { show: false },
    dataZoom: [
      { type: "slider", bottom: 8, height: 18, showDetail: false, brushSelect: false, filterMode: "none" },
      { type: "inside", filterMode: "none", zoomOnMouseWheel: "ctrl" },
    ],
    xAxis: axis(colours, {
      type: "value",
      min: 0,
      max: Math.max(now, lanes.end) || 1,
      axisLabel: {
        color: colours.muted,
        hideOverlap: true,
        showMaxLabel: false,
        formatter: (seconds: number) => formatDuration(seconds),
      },
    }),
    yAxis: axis(colours, {
      type: "value",
      inverse: true,
      min: 0,
      max: count,
      axisTick: { show: true, customValues: lanes.workers.map((worker) => worker.first), length: 120 },
      axisLabel: {
        customValues: [...named.keys()],
        formatter: (at: number) => named.get(at) ?? "",
        color: colours.muted,
        width: 116,
        overflow: "truncate",
      },
      splitLine: { show: false },
    }),
    series: states.map((state) => ({
      id: state,
      name: state,
      type: "custom",
      silent: true,
      clip: true,
      itemStyle: { color: colours.states[state] },
      encode: { x: 0, y: 1 },
      renderItem: (_: unknown, api: PathApi) => ({
        type: BARS,
        shape: { bars: barsOf(lanes.bars, state, now, api) },
        style: { fill: patternFor(state, colours.states[state] ?? colours.muted, colours.surface) },
      }),
      data: [[0, 0]],
    })),
  };
}

interface PathApi {
  coord: (value: readonly number[]) => number[];
}

/** The bars of a state as the flat array of a batch, each at least a pixel wide. */
function barsOf(bars: readonly Bar[], state: string, now: number, api: PathApi): Float32Array {
  const [x0 = 0, y0 = 0] = api.coord([0, 0]);
  const [x1 = 0, y1 = 0] = api.coord([1, 1]);
  const second = x1 - x0;
  const lane = y1 - y0;
  const gap = lane > 8 ? 2 : lane > 3 ? 1 : 0;
  const parts: number[] = [];
  for (const bar of bars) {
    if (bar.state !== state) continue;
    const x = x0 + bar.from * second;
    const width = Math.max(1, ((bar.to ?? now) - bar.from) * second - (lane > 3 ? 0.5 : 0));
    const y = y0 + bar.lane * lane + gap / 2;
    parts.push(x, y, width, lane - gap);
  }
  return Float32Array.from(parts);
}

function wordsFor(bar: Bar, now: number): string {
  const took = formatDuration((bar.to ?? now) - bar.from);
  const began = formatDuration(bar.from);
  return `Trial ${bar.number} (${bar.state}), ${took}, begun ${began} after the study. Click to open it.`;
}
