import { memo, useMemo } from "react";
import { SurfaceChart } from "../../../charts/SurfaceChart";
import { surfacePoints } from "../../../charts/surface";
import { Choice } from "../../../components/Choice";
import { Panel } from "../../../components/Panel";
import { ScaleLegend } from "../../../components/ScaleLegend";
import { formatCount } from "../../../format/numbers";
import { parameterAxis } from "../../../trials/axes";
import type { Parameters } from "../../../trials/space";
import { useChoice } from "../useChoice";
import type { View } from "../useView";
import styles from "./AnalysisPage.module.css";
import { mostImportant } from "./mostImportant";
import { presenceWords } from "./presence";

interface SurfacePanelProps {
  view: View;
  parameters: Parameters;
  names: readonly string[];
  good: Float64Array;
  importances: Readonly<Record<string, number>> | undefined;
}

const MOST_DOTS = 2_000;

/** How good trials are over two parameters of choice. */
export const SurfacePanel = memo(function SurfacePanel(props: SurfacePanelProps) {
  const { view, parameters, names, good, importances } = props;
  const { table, shown } = view;
  const [first = "", second = ""] = mostImportant(names, importances);
  const [xName, setX] = useChoice("x", names, first);
  const [yName, setY] = useChoice("y", names, xName === second ? first : second);
  const x = useMemo(() => parameterAxis(table, parameters, xName), [table, parameters, xName]);
  const y = useMemo(() => parameterAxis(table, parameters, yName), [table, parameters, yName]);
  const points = useMemo(() => surfacePoints(x, y, good, shown), [x, y, good, shown]);
  const dots = Math.min(points.length, MOST_DOTS);
  return (
    <Panel
      title="Two parameters"
      aside={
        <>
          <ScaleLegend />
          <Choice label="Across" value={xName} options={names} onChange={setX} />
          <Choice label="Up" value={yName} options={names} onChange={setY} />
        </>
      }
    >
      <SurfaceChart view={view} x={x} y={y} points={points} mostDots={MOST_DOTS} />
      <p className={styles.note}>
        {presenceWords([x, y], shown)} The surface is made of {formatCount(points.length, "completed trial")}
        {dots < points.length
          ? `; dots are ${dots.toLocaleString("en-US")} of them, best always included`
          : ""}
        . It is empty where no trial is near.
      </p>
    </Panel>
  );
});
