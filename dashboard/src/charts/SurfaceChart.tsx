import { memo, useMemo } from "react";
import { escaped } from "../format/html";
import { formatCell, formatCount, formatNumber } from "../format/numbers";
import type { View } from "../pages/study/useView";
import { useOpenTrial } from "../trials/address";
import type { Axis } from "../trials/axes";
import { reached } from "../trials/ranks";
import { sampled } from "../trials/sample";
import { BARS } from "./batch";
import { Chart } from "./Chart";
import { useColours } from "./colours";
import { placedAxis } from "./placedAxis";
import { marksFor } from "./shapes";
import { byGoodness, type Surface, type SurfacePoint, surfaceOf } from "./surface";

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
  const openTrial = useOpenTrial(view.study.id);
  const option = useMemo(() => {
    const surface = surfaceOf(x, y, points);
    const parts = colours.scale.length;
    const cells = byGoodness(surface.cells, (cell) => cell[2], parts);
    const dots = sampled(points, mostDots);
    return {
      grid: { left: 84, right: 20, top: 12, bottom: 44 },
      tooltip: { formatter: (dot: { value: [number, number, number] }) => tooltip(dot.value[2]) },
      xAxis: placedAxis(colours, x),
      yAxis: placedAxis(colours, y, { nameGap: 66 }),
      series: [
        {
          id: "surface",
          type: "custom",
          silent: true,
          z: 1,
          renderItem: ({ dataIndex }: { dataIndex: number }, api: { coord: (at: number[]) => number[] }) => ({
            type: BARS,
            shape: { bars: cellBars(cells[dataIndex] ?? [], surface, api.coord) },
            style: { fill: colours.scale[dataIndex], opacity: 0.6 },
          }),
          data: cells.map(() => [0, 0]),
        },
        ...byGoodness(dots, (dot) => dot.good, parts).map((group, part) => ({
          id: `dots ${part}`,
          type: "scatter",
          z: 2,
          ...marksFor(dots.length, dots.length),
          itemStyle: {
            color: colours.scale[part],
            borderColor: colours.surface,
            borderWidth: dots.length > 1_000 ? 0 : 1,
          },
          data: group.map((dot) => [dot.x, dot.y, dot.number]),
        })),
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
        click: (event: { value?: number[] }) => {
          const number = event.value?.[2];
          if (number !== undefined) openTrial(number);
        },
      }}
    />
  );
});

/** Cells as the flat array of a batch; to whole pixels, so that no seams show. */
function cellBars(
  cells: Surface["cells"],
  { columns, rows }: Surface,
  coord: (at: number[]) => number[],
): Float32Array {
  const bars: number[] = [];
  for (const [column, row] of cells) {
    const [left = 0, bottom = 0] = coord([column / columns, row / rows]).map(Math.round);
    const [right = 0, top = 0] = coord([(column + 1) / columns, (row + 1) / rows]).map(Math.round);
    bars.push(left, top, right - left, bottom - top);
  }
  return Float32Array.from(bars);
}
