/** Beside colours: pruned and failed trials are told apart by shape. */
const SHAPES: Record<string, string> = {
  completed: "circle",
  running: "emptyCircle",
  pruned: "triangle",
  failed: "rect",
};

/** ECharts' symbol for trials in a state. */
export function shapeOf(state: string): string {
  return SHAPES[state] ?? "diamond";
}

/** Many points are drawn smaller. */
export function sizeFor(count: number): number {
  return count > 2_000 ? 4 : 7;
}

/** From so many points on they are drawn in one go, all alike. */
export const LARGE = 3_000;
