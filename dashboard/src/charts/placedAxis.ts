/** An axis from 0 to 1 with the labels of what stands at its places. */
import { type Axis, MISSING, ticks } from "../trials/axes";
import { axis as styled } from "./Chart";
import type { Colours } from "./colours";

/** ECharts' option of an axis on which trials stand by `placeOf`. */
export function placedAxis(
  colours: Colours,
  axis: Axis,
  more: Record<string, unknown> = {},
): Record<string, unknown> {
  return styled(colours, {
    type: "value",
    name: axis.name,
    min: 0,
    max: 1,
    ...labels(axis, colours, false),
    splitLine: { show: false },
    ...more,
  });
}

/** The labels alone, for axes of parallel coordinates, which have a place for trials without the parameter. */
export function labels(axis: Axis, colours: Colours, withMissing: boolean): Record<string, unknown> {
  const shown = ticks(axis).filter((tick) => withMissing || tick.at !== MISSING);
  const texts = new Map(shown.map((tick) => [key(tick.at), tick.label]));
  return {
    axisLabel: {
      customValues: shown.map((tick) => tick.at),
      formatter: (at: number) => short(texts.get(key(at)) ?? ""),
      color: colours.muted,
      hideOverlap: true,
      // Legible also on top of lines.
      ...(withMissing ? { color: colours.text, textBorderColor: colours.surface, textBorderWidth: 3 } : {}),
    },
  };
}

function key(at: number): string {
  return at.toFixed(6);
}

const LONGEST = 14;

function short(text: string): string {
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
