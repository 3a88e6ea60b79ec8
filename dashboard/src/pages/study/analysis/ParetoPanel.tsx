import { memo, useMemo } from "react";
import { useParetoFront } from "../../../api/rankings";
import { HypervolumeChart } from "../../../charts/HypervolumeChart";
import { ParetoChart } from "../../../charts/ParetoChart";
import { coverage, type Pair } from "../../../charts/pareto";
import { Choice } from "../../../components/Choice";
import { ErrorNotice, Loading } from "../../../components/Notice";
import { Panel } from "../../../components/Panel";
import { formatCount, formatNumber } from "../../../format/numbers";
import { useChoice } from "../useChoice";
import type { View } from "../useView";
import styles from "./AnalysisPage.module.css";

/** The Pareto front by two of the objectives, and how it has grown. */
export const ParetoPanel = memo(function ParetoPanel({ view }: { view: View }) {
  const { study, table } = view;
  const names = Object.keys(study.objectives);
  const [first = "", second = ""] = names;
  const [x, setX] = useChoice("pareto_x", names, first);
  const rest = names.filter((name) => name !== x);
  const [y, setY] = useChoice("pareto_y", rest, x === first ? second : first);
  const answer = useParetoFront(study);
  const xDirection = study.objectives[x] ?? "minimize";
  const yDirection = study.objectives[y] ?? "minimize";
  const pair = useMemo<Pair>(() => ({ x, y, xDirection, yDirection }), [x, y, xDirection, yDirection]);
  const front = useMemo(() => answer.data?.items.map((trial) => trial.number) ?? [], [answer.data]);
  const reference = answer.data?.reference ?? null;
  const steps = useMemo(
    () => (reference === null ? [] : coverage(table, pair, reference)),
    [table, pair, reference],
  );
  if (answer.isError) return <ErrorNotice error={answer.error} onRetry={() => answer.refetch()} />;
  if (answer.data === undefined) return <Loading what="the Pareto front" />;
  return (
    <>
      <Panel
        title="Pareto front"
        aside={
          <>
            <Choice label="Across" value={x} options={names} onChange={setX} />
            <Choice label="Up" value={y} options={rest} onChange={setY} />
          </>
        }
      >
        <ParetoChart view={view} pair={pair} front={front} />
        <p className={styles.note}>
          {formatCount(front.length, "trial")} that no other beats in every objective
          {names.length > 2 ? ` of all ${names.length}: seen by two of them some may look beaten` : ""}. The
          front is that of all trials; the filter acts on the others.
        </p>
      </Panel>
      <Panel
        title="Growth of the front"
        aside={
          answer.data.hypervolume === null ? null : `hypervolume ${formatNumber(answer.data.hypervolume)}`
        }
      >
        <HypervolumeChart steps={steps} />
        <p className={styles.note}>
          The area between the front by {x} and {y} and the worst values so far
          {reference === null ? "" : ` (${formatNumber(reference[x])}, ${formatNumber(reference[y])})`}, over
          all trials.
        </p>
      </Panel>
    </>
  );
});
