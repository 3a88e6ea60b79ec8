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
const VERY_LARGE_SIZE = 2.5;

/** How ECharts draws a series of trials in a state, where so many are drawn in all. */
export function marksFor(count: number, state = "completed"): Record<string, unknown> {
  const isLarge = count > LARGE;
  return {
    symbol: SHAPES[state] ?? "diamond",
    symbolSize: count > VERY_LARGE ? VERY_LARGE_SIZE : isLarge ? LARGE_SIZE : 7,
    large: isLarge,
    largeThreshold: 1,
  };
}
