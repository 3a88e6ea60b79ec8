import { useEffect, useRef } from "react";
import styles from "./Chart.module.css";
import { type Colours, useColours } from "./colours";
import { type EChartsCoreOption, type EChartsType, echarts } from "./echarts";

interface ChartProps {
  /** What it shows, for who cannot see it: what is drawn, and what stands out. */
  label: string;
  option: EChartsCoreOption;
  /** In pixels. */
  height?: number;
  /** Handlers by ECharts' names of events, such as `click`, `brushEnd`, `axisareaselected`. */
  on?: Readonly<Record<string, (event: never, chart: EChartsType) => void>> | undefined;
  onReady?: ((chart: EChartsType) => void) | undefined;
}

/** A drawing by ECharts, which follows its size and the theme. */
export function Chart({ label, option, height = 280, on, onReady }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  const chart = useRef<EChartsType | null>(null);
  const handlers = useRef(on);
  handlers.current = on;
  const colours = useColours();
  const events = Object.keys(on ?? {}).join(" ");

  useEffect(() => {
    if (place.current === null) return;
    const drawn = echarts.init(place.current);
    chart.current = drawn;
    for (const name of events === "" ? [] : events.split(" ")) {
      drawn.on(name, (event) => handlers.current?.[name]?.(event as never, drawn));
    }
    const observer = new ResizeObserver(() => drawn.resize());
    observer.observe(place.current);
    onReady?.(drawn);
    return () => {
      observer.disconnect();
      drawn.dispose();
      chart.current = null;
    };
  }, [events, onReady]);

  useEffect(() => {
    // What is no longer in the option goes; what stays is not built anew.
    chart.current?.setOption(
      { ...base(colours), ...option },
      { replaceMerge: ["series", "xAxis", "yAxis", "grid", "parallelAxis", "visualMap"], lazyUpdate: true },
    );
  }, [option, colours]);

  return <div ref={place} className={styles.chart} style={{ height }} role="img" aria-label={label} />;
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
