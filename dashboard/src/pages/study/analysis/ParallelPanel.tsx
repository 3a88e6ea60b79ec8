import { memo, useCallback, useMemo, useRef } from "react";
import { useAddress } from "../../../address";
import type { useImportances } from "../../../api/rankings";
import { ParallelChart } from "../../../charts/ParallelChart";
import { defaultParameters } from "../../../charts/parallel";
import { Button } from "../../../components/Button";
import { Loading } from "../../../components/Notice";
import { Panel } from "../../../components/Panel";
import { ScaleLegend } from "../../../components/ScaleLegend";
import { type Axis, parameterAxis, valueAxis } from "../../../trials/axes";
import { withBrush } from "../../../trials/changeFilter";
import { type Brush, isFiltering } from "../../../trials/filter";
import { sampled } from "../../../trials/sample";
import type { Parameters } from "../../../trials/space";
import { useChoice } from "../useChoice";
import type { View } from "../useView";
import styles from "./AnalysisPage.module.css";
import { AxisChooser } from "./AxisChooser";

interface ParallelPanelProps {
  view: View;
  parameters: Parameters;
  names: readonly string[];
  good: Float64Array;
  importances: ReturnType<typeof useImportances>;
  logValues: boolean;
}

const MOST_AXES = 10;
const MOST_LINES = 2_000;
const MOST_BEHIND = 300;

/** Parallel coordinates: which parameters have an axis, how many trials a line, and what the marks filter. */
export const ParallelPanel = memo(function ParallelPanel(props: ParallelPanelProps) {
  const { view, parameters, names, good, importances, logValues } = props;
  const { table, study, order, shown, filter, changeFilter } = view;
  const [limit, setLimit] = useChoice("lines", ["some", "all"], "some");
  const [chosen, setChosen] = useAxes(names, importances.data);
  const axes = useMemo(
    () => [
      ...chosen.map((name) => parameterAxis(table, parameters, name)),
      ...Object.keys(study.objectives).map((name) => valueAxis(table, name, order, logValues)),
    ],
    [chosen, table, parameters, study.objectives, order, logValues],
  );
  const numbers = useMemo(
    () => sampled(shown, limit === "all" ? Number.POSITIVE_INFINITY : MOST_LINES),
    [shown, limit],
  );
  const isFiltered = isFiltering(filter);
  const others = useMemo(() => {
    if (!isFiltered) return [];
    const isShown = new Set(shown);
    return sampled(
      order.filter((number) => !isShown.has(number)),
      MOST_BEHIND,
    );
  }, [isFiltered, order, shown]);
  const onBrush = useCallback(
    (axis: string, brush: Brush | null) => changeFilter((now) => withBrush(now, axis, brush)),
    [changeFilter],
  );
  const missing = useMemo(() => missingWords(axes), [axes]);
  return (
    <Panel
      title="Parallel coordinates"
      aside={
        <>
          <ScaleLegend />
          <LinesNote shown={shown.length} drawn={numbers.length} limit={limit} onLimit={setLimit} />
          <AxisChooser names={names} chosen={chosen} importances={importances.data} onChange={setChosen} />
        </>
      }
    >
      {importances.isPending ? (
        <Loading what="which parameters matter" />
      ) : (
        <ParallelChart
          studyId={study.id}
          axes={axes}
          numbers={numbers}
          others={others}
          good={good}
          brushes={filter.brushes}
          onBrush={onBrush}
        />
      )}
      {missing === "" ? null : <p className={styles.note}>{missing}</p>}
    </Panel>
  );
});

interface LinesNoteProps {
  shown: number;
  drawn: number;
  limit: "some" | "all";
  onLimit: (limit: "some" | "all") => void;
}

/** Never a sample without saying so. */
function LinesNote({ shown, drawn, limit, onLimit }: LinesNoteProps) {
  if (drawn < shown) {
    return (
      <span>
        {drawn.toLocaleString("en-US")} of {shown.toLocaleString("en-US")} lines, best always included{" "}
        <Button kind="quiet" onClick={() => onLimit("all")}>
          Show all
        </Button>
      </span>
    );
  }
  if (limit === "all" && shown > MOST_LINES) {
    return (
      <span>
        all {shown.toLocaleString("en-US")} lines{" "}
        <Button kind="quiet" onClick={() => onLimit("some")}>
          Show fewer
        </Button>
      </span>
    );
  }
  return null;
}

function missingWords(axes: readonly Axis[]): string {
  const partial = axes.filter((axis) => axis.key.startsWith("param:") && axis.count < axis.cells.length);
  if (partial.length === 0) return "";
  const words = partial.map(
    (axis) =>
      `${axis.name} in ${axis.count.toLocaleString("en-US")} of ${axis.cells.length.toLocaleString("en-US")} trials`,
  );
  return `Not every trial has every parameter: ${words.join(", ")}. The others pass “without”.`;
}

/** The parameters with an axis: those in the address, else the most important ones as they were first known. */
function useAxes(
  names: readonly string[],
  importances: Readonly<Record<string, number>> | undefined,
): [readonly string[], (chosen: readonly string[] | null) => void] {
  const [query, change] = useAddress();
  // Kept: axes must not change places under the reader's hand because one more trial has come.
  const first = useRef<{ names: readonly string[]; chosen: string[] } | null>(null);
  if (first.current?.names !== names && importances !== undefined) {
    first.current = { names, chosen: defaultParameters(names, importances, MOST_AXES) };
  }
  const asked = JSON.stringify(query.getAll("axis"));
  const fallback = first.current?.chosen;
  const chosen = useMemo(() => {
    const wanted = new Set(JSON.parse(asked) as string[]);
    const known = names.filter((name) => wanted.has(name));
    return known.length > 0 ? known : (fallback ?? names.slice(0, MOST_AXES));
  }, [asked, names, fallback]);
  return [
    chosen,
    (changed) =>
      change((now) => {
        now.delete("axis");
        for (const name of changed ?? []) now.append("axis", name);
        return now;
      }),
  ];
}
