import { memo, useMemo } from "react";
import { useNavigate } from "react-router";
import { escaped } from "../format/html";
import { formatCell, formatCount, formatNumber } from "../format/numbers";
import type { View } from "../pages/study/useView";
import type { Axis } from "../trials/axes";
import { reached } from "../trials/ranks";
import { sampled } from "../trials/sample";
import { Chart } from "./Chart";
import { scaleColour, useColours } from "./colours";
import { placedAxis } from "./placedAxis";
import { type SurfacePoint, surfaceOf } from "./surface";

interface SurfaceChartProps {
  view: View;
  x: Axis;
  y: Axis;
  /** The trials that the surface is made of. */
  points: readonly SurfacePoint[];
  mostDots: number;
}

/** How good trials are over two parameters: the surface around them, and the trials themselves. */
export const SurfaceChart = memo(function SurfaceChart({ view, x, y, points, mostDots }: SurfaceChartProps) {
  const { table, objective } = view;
  const colours = useColours();
  const navigate = useNavigate();
  const option = useMemo(() => {
    const surface = surfaceOf(x, y, points);
    const hidden = { type: "category", show: false, axisPointer: { show: false } };
    return {
      grid: { left: 84, right: 20, top: 12, bottom: 44 },
      tooltip: {
        formatter: (dot: { seriesId: string; value: [number, number, number] }) =>
          dot.seriesId === "surface"
            ? `better than ${Math.round(100 * dot.value[2])} % of the trials around here on average`
            : tooltip(dot.value[2]),
      },
      xAxis: [placedAxis(colours, x), { ...hidden, data: names(surface.columns) }],
      yAxis: [placedAxis(colours, y, { nameGap: 66 }), { ...hidden, data: names(surface.rows) }],
      series: [
        {
          id: "surface",
          type: "custom",
          xAxisIndex: 1,
          yAxisIndex: 1,
          z: 1,
          renderItem: (_: unknown, api: CellApi) => {
            const [cx = 0, cy = 0] = api.coord([api.value(0), api.value(1)]);
            const [width = 0, height = 0] = api.size([1, 1]);
            // To whole pixels, so that no seams show.
            const x = Math.round(cx - width / 2);
            const y = Math.round(cy - height / 2);
            return {
              type: "rect",
              shape: {
                x,
                y,
                width: Math.round(cx + width / 2) - x,
                height: Math.round(cy + height / 2) - y,
              },
              style: { fill: scaleColour(colours, api.value(2)), opacity: 0.6 },
            };
          },
          data: surface.cells,
        },
        {
          id: "dots",
          type: "scatter",
          z: 2,
          symbolSize: points.length > 1_000 ? 4 : 7,
          itemStyle: { borderColor: colours.surface, borderWidth: points.length > 1_000 ? 0 : 1 },
          data: sampled(points, mostDots).map((point) => ({
            value: [point.x, point.y, point.number],
            itemStyle: { color: scaleColour(colours, point.good) },
          })),
        },
      ],
    };

    function tooltip(number: number) {
      const rows = [x, y].map((axis) => `${escaped(axis.name)} ${escaped(formatCell(axis.cells[number]))}`);
      const value = formatNumber(reached(table, objective, number), 6);
      return [`trial ${number}`, ...rows, `${escaped(objective)} <b>${value}</b>`].join("<br>");
    }
  }, [points, x, y, colours, mostDots, table, objective]);
  return (
    <Chart
      label={`How good ${formatCount(points.length, "trial")} are over ${x.name} and ${y.name}.`}
      option={option}
      height={320}
      on={{
        click: (event: { seriesId?: string; value?: number[] }) => {
          if (event.seriesId === "dots") navigate(`/studies/${view.study.id}/trials/${event.value?.[2]}`);
        },
      }}
    />
  );
});

/** What ECharts hands to a custom series, as far as it is used here. */
interface CellApi {
  value: (dimension: number) => number;
  coord: (value: readonly number[]) => number[];
  size: (value: readonly number[]) => number[];
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, index) => String(index));
}
