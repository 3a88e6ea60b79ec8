import { useCallback, useEffect, useRef } from "react";
import styles from "./Chart.module.css";
import { type Colours, useColours } from "./colours";
import { type EChartsCoreOption, type EChartsType, echarts } from "./echarts";
import { drawSoon, forget } from "./queue";

interface ChartProps {
  /** What it shows, for who cannot see it: what is drawn, and what stands out. */
  label: string;
  option: EChartsCoreOption;
  /** In pixels; at least so many if it fills its panel. */
  height?: number;
  isFilling?: boolean;
  /** Handlers by ECharts' names of events, such as `click`, `brushEnd`, `axisareaselected`. */
  on?: Readonly<Record<string, (event: never, chart: EChartsType) => void>> | undefined;
  onReady?: ((chart: EChartsType) => void) | undefined;
  /** Called whenever an option has been drawn. */
  onDrawn?: ((chart: EChartsType) => void) | undefined;
}

/** A chart further from the window than this is drawn when it comes nearer. */
const NEAR = "300px";

const REPLACED = ["series", "xAxis", "yAxis", "grid", "parallelAxis", "visualMap"];

/** A drawing by ECharts, which follows its size and the theme. */
export function Chart({ label, option, height = 280, isFilling = false, on, onReady, onDrawn }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const handlers = useRef(on);
  handlers.current = on;
  const drawn = useRef(onDrawn);
  drawn.current = onDrawn;
  /** What is to be drawn as soon as the chart is near the window. */
  const pending = useRef<EChartsCoreOption | null>(null);
  const isNear = useRef(false);
  const colours = useColours();
  const events = Object.keys(on ?? {}).join(" ");

  const draw = useCallback(() => {
    const made = chart.current;
    if (made === null || !isNear.current || pending.current === null) return;
    drawSoon(made, () => {
      if (pending.current === null) return;
      // What is no longer in the option goes; what stays is not built anew.
      made.setOption(pending.current, { replaceMerge: REPLACED });
      pending.current = null;
      drawn.current?.(made);
    });
  }, []);

  useEffect(() => {
    if (place.current === null) return;
    const made = echarts.init(place.current);
    chart.current = made;
    for (const name of events === "" ? [] : events.split(" ")) {
      made.on(name, (event) => handlers.current?.[name]?.(event as never, made));
    }
    const sizes = new ResizeObserver(([entry]) => {
      // Told once at the beginning as well, when nothing has changed.
      const { width = 0, height = 0 } = entry?.contentRect ?? {};
      if (Math.round(width) !== made.getWidth() || Math.round(height) !== made.getHeight()) made.resize();
    });
    sizes.observe(place.current);
    const nearness = new IntersectionObserver(
      ([entry]) => {
        isNear.current = entry?.isIntersecting ?? false;
        draw();
      },
      { rootMargin: NEAR },
    );
    nearness.observe(place.current);
    onReady?.(made);
    return () => {
      sizes.disconnect();
      nearness.disconnect();
      forget(made);
      made.dispose();
      chart.current = null;
    };
  }, [events, onReady, draw]);

  useEffect(() => {
    pending.current = { ...base(colours), ...option };
    draw();
  }, [option, colours, draw]);

  return (
    <div
      ref={place}
      className={isFilling ? `${styles.chart} ${styles.fill}` : styles.chart}
      style={isFilling ? { flexBasis: height, minHeight: height } : { height }}
      role="img"
      aria-label={label}
    />
  );
}

function base(colours: Colours): EChartsCoreOption {
  return {
    animation: false,
    backgroundColor: "transparent",
    color: [...colours.series],
    textStyle: { color: colours.text, fontFamily: "system-ui, sans-serif" },
    tooltip: {
      trigger: "item",
      backgroundColor: colours.surface,
      borderColor: colours.border,
      textStyle: { color: colours.text, fontSize: 12 },
    },
  };
}

/** A legend above the drawing. */
export function legend(colours: Colours): Record<string, unknown> {
  return { top: 0, itemWidth: 14, itemHeight: 9, textStyle: { color: colours.muted } };
}

/** An axis in the dashboard's colours. */
export function axis(colours: Colours, more: Record<string, unknown>): Record<string, unknown> {
  return {
    nameLocation: "middle",
    nameGap: 28,
    nameTextStyle: { color: colours.muted },
    axisLabel: { color: colours.muted, hideOverlap: true },
    axisLine: { lineStyle: { color: colours.border } },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: colours.border, opacity: 0.6 } },
    ...more,
  };
}
