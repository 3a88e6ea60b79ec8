/** Beside colours: pruned and failed trials are told apart by shape. */
const SHAPES: Record<string, string> = {
  completed: "circle",
  running: "emptyCircle",
  pruned: "triangle",
  failed: "rect",
};

/**
 * The width of lines that are many. Browsers without a graphics card draw those of exactly one pixel more than ten times
 * as fast as any wider ones.
 */
export const HAIRLINE = 1;

/** From so many points on a series is drawn in one go, as squares of a size that ECharts fills fastest. */
const LARGE = 1_000;
const LARGE_SIZE = 3.5;
const VERY_LARGE = 5_000;
const VERY_LARGE_SIZE = 3;

/** How ECharts draws `count` trials in a state, where `total` are drawn in all. */
export function marksFor(count: number, total: number, state = "completed"): Record<string, unknown> {
  return {
    symbol: SHAPES[state] ?? "diamond",
    symbolSize: total > VERY_LARGE ? VERY_LARGE_SIZE : total > LARGE ? LARGE_SIZE : 7,
    large: count > LARGE,
    largeThreshold: 1,
  };
}
