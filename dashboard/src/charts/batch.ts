/**
 * Shapes of many parts. ECharts takes a tenth of a millisecond for each element that it draws, whatever is in it, so
 * what is many is put into few elements: polylines, or bars, as flat arrays of pixels.
 */
import { echarts } from "./echarts";

/** Name of the shape of many polylines: `points` are x, y, x, y and so on, with NaN between two lines. */
export const LINES = "tuner-lines";
/** Name of the shape of many bars: `bars` are x, y, width, height and so on. */
export const BARS = "tuner-bars";

/** Where shapes are drawn to: a canvas, or what records for one. */
type Pen = Pick<CanvasRenderingContext2D, "moveTo" | "lineTo" | "rect">;

echarts.graphic.registerShape(
  LINES,
  echarts.graphic.extendShape({
    type: LINES,
    shape: { points: new Float32Array() },
    buildPath: (pen: Pen, shape: { points: Float32Array }) => tracePoints(pen, shape.points),
  }),
);

echarts.graphic.registerShape(
  BARS,
  echarts.graphic.extendShape({
    type: BARS,
    shape: { bars: new Float32Array() },
    buildPath: (pen: Pen, { bars }: { bars: Float32Array }) => {
      for (let at = 0; at < bars.length; at += 4) {
        pen.rect(bars[at] ?? 0, bars[at + 1] ?? 0, bars[at + 2] ?? 0, bars[at + 3] ?? 0);
      }
    },
  }),
);

function tracePoints(pen: Pen, points: Float32Array) {
  let isDrawing = false;
  for (let at = 0; at < points.length; at += 2) {
    const x = points[at] ?? Number.NaN;
    const y = points[at + 1] ?? Number.NaN;
    if (Number.isNaN(x)) isDrawing = false;
    else if (isDrawing) pen.lineTo(x, y);
    else {
      pen.moveTo(x, y);
      isDrawing = true;
    }
  }
}

/** Some of many lines each: a single path of all would not grow darker where lines meet. */
export function chunked<T>(lines: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(lines.length / size) }, (_, chunk) =>
    lines.slice(chunk * size, (chunk + 1) * size),
  );
}

/** A line above a chart that follows the pointer, on a canvas of its own: the chart is not drawn anew for it. */
export function overlayLine(chart: ReturnType<typeof echarts.init>) {
  const line = new echarts.graphic.Polyline({ zlevel: 1, silent: true, invisible: true });
  chart.getZr().add(line);
  return (points: number[][] | null, colour: string) => {
    line.attr({
      invisible: points === null,
      shape: { points: points ?? [] },
      style: { stroke: colour, lineWidth: 3, fill: "none" },
    });
  };
}
