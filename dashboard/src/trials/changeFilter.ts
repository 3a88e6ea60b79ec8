/** Changes of the filter, and its marks in words. */
import { formatNumber } from "../format/numbers";
import { type Brush, type Filter, splitAxis } from "./filter";
import type { TrialState } from "./table";

/** The filter with one state let in or kept out; with all that there are let in it says nothing about states. */
export function withState(filter: Filter, state: TrialState, present: readonly TrialState[]): Filter {
  const before = filter.states ?? present;
  const after = before.includes(state) ? before.filter((each) => each !== state) : [...before, state];
  const isAll = present.every((each) => after.includes(each));
  // Nothing at all is what nobody wants to see: the last one that goes brings all back.
  return { ...filter, states: isAll || after.length === 0 ? null : after };
}

/** The filter with another mark on an axis; null: without one. */
export function withBrush(filter: Filter, axis: string, brush: Brush | null): Filter {
  return brush === null
    ? withoutBrush(filter, axis)
    : { ...filter, brushes: { ...filter.brushes, [axis]: brush } };
}

/** The filter without the mark on an axis. */
export function withoutBrush(filter: Filter, axis: string): Filter {
  const { [axis]: _, ...brushes } = filter.brushes;
  return { ...filter, brushes };
}

/** A mark as people say it: `lr: 0.001 to 0.1`, `kind: a, b`, `momentum: without`. */
export function brushWords(axis: string, brush: Brush): string {
  const [, name] = splitAxis(axis);
  if ("low" in brush) return `${name}: ${formatNumber(brush.low)} to ${formatNumber(brush.high)}`;
  return `${name}: ${brush.choices.map((choice) => (choice === null ? "none" : String(choice))).join(", ")}`;
}
