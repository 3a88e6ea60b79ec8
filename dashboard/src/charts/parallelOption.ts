/** ECharts' option of parallel coordinates: axes of its own kind, and the lines in few elements above them. */
import { type Axis, MISSING } from "../trials/axes";
import { chunked, LINES } from "./batch";
import { type Colours, scaleColour } from "./colours";
import type { ParallelLine } from "./parallel";
import { labels } from "./placedAxis";
import { HAIRLINE } from "./shapes";

export interface Lines {
  /** Best first. */
  lines: readonly ParallelLine[];
  /** Trials that the filter leaves out, drawn faintly. */
  behind: readonly ParallelLine[];
  good: Float64Array;
}

interface Style {
  stroke: string;
  opacity: number;
  lineWidth: number;
}

interface Chunk {
  lines: readonly ParallelLine[];
  style: Style;
}

const BOX = { left: 48, right: 56, top: 44, bottom: 20 };
const CHUNK = 25;

/** The room below 0 for trials without a parameter, where there are any. */
export function lowestPlace(axes: readonly Axis[]): number {
  return axes.some((axis) => axis.count < axis.cells.length) ? MISSING - 0.03 : 0;
}

/** The whole drawing. */
export function parallelOption(axes: readonly Axis[], drawn: Lines, colours: Colours, maxWidth: number) {
  const chunks = chunksOf(drawn, colours);
  const min = lowestPlace(axes);
  return {
    tooltip: { show: false },
    grid: BOX,
    xAxis: { type: "value", show: false, min: 0, max: Math.max(1, axes.length - 1) },
    yAxis: { type: "value", show: false, min, max: 1 },
    parallel: {
      ...BOX,
      parallelAxisDefault: {
        type: "value",
        realtime: false,
        nameLocation: "end",
        nameGap: 18,
        nameTruncate: { maxWidth },
        nameTextStyle: { color: colours.text, fontSize: 12 },
        axisLine: { lineStyle: { color: colours.muted } },
        axisTick: { show: false },
      },
    },
    parallelAxis: axes.map((axis, dim) => ({
      id: axis.key,
      dim,
      name: axis.name,
      min,
      max: 1,
      areaSelectStyle: { width: 18, color: colours.accent, borderColor: colours.accent, opacity: 0.35 },
      ...labels(axis, colours, true),
    })),
    series: [
      {
        id: "lines",
        type: "custom",
        silent: true,
        // On a canvas of their own: marks that are being drawn must not draw thousands of lines anew.
        zlevel: -1,
        renderItem: ({ dataIndex }: { dataIndex: number }, api: { coord: (at: number[]) => number[] }) => {
          const chunk = chunks[dataIndex];
          if (chunk === undefined) return undefined;
          const shape = { points: pixels(chunk.lines, api.coord) };
          return { type: LINES, shape, style: { fill: "none", ...chunk.style } };
        },
        data: chunks.map(() => [0, 0]),
      },
    ],
  };
}

/** The lines by how they are drawn, from the back to the front: the best one lies on top. */
function chunksOf({ lines, behind, good }: Lines, colours: Colours): Chunk[] {
  const opacity = lines.length > 1_000 ? 0.18 : lines.length > 200 ? 0.4 : 0.8;
  const faint = { stroke: colours.muted, opacity: 0.12, lineWidth: HAIRLINE };
  const groups = new Map<string, ParallelLine[]>();
  for (const line of lines.toReversed()) {
    const share = good[line.number] ?? Number.NaN;
    const colour = Number.isNaN(share) ? "" : scaleColour(colours, share);
    const group = groups.get(colour);
    if (group === undefined) groups.set(colour, [line]);
    else group.push(line);
  }
  const chunks = chunked(behind, CHUNK).map((some) => ({ lines: some, style: faint }));
  const unfinished = groups.get("") ?? [];
  groups.delete("");
  const grey = { stroke: colours.muted, opacity: opacity / 2, lineWidth: HAIRLINE };
  for (const some of chunked(unfinished, CHUNK)) chunks.push({ lines: some, style: grey });
  for (const [stroke, group] of groups) {
    const style = { stroke, opacity, lineWidth: HAIRLINE };
    for (const some of chunked(group, CHUNK)) chunks.push({ lines: some, style });
  }
  const [best] = lines;
  const share = best === undefined ? Number.NaN : (good[best.number] ?? Number.NaN);
  if (best !== undefined && !Number.isNaN(share)) {
    chunks.push({ lines: [best], style: { stroke: scaleColour(colours, share), opacity: 1, lineWidth: 3 } });
  }
  return chunks;
}

/** Lines as the flat array of a batch. */
function pixels(lines: readonly ParallelLine[], coord: (at: number[]) => number[]): Float32Array {
  // The axes stand at equal distances, and all have the same scale.
  const [x0 = 0, y0 = 0] = coord([0, 0]);
  const [x1 = 0, y1 = 0] = coord([1, 1]);
  const points: number[] = [];
  for (const { places } of lines) {
    places.forEach((place, axis) => {
      points.push(x0 + axis * (x1 - x0), y0 + place * (y1 - y0));
    });
    points.push(Number.NaN, Number.NaN);
  }
  return Float32Array.from(points);
}
