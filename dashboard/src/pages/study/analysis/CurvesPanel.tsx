import { useQuery } from "@tanstack/react-query";
import { memo, useMemo } from "react";
import { curvesQuery } from "../../../api/study";
import { CurvesChart } from "../../../charts/CurvesChart";
import { countBelowZero, curvesOf } from "../../../charts/curves";
import { Button } from "../../../components/Button";
import { Choice } from "../../../components/Choice";
import { ErrorNotice, Loading } from "../../../components/Notice";
import { Panel } from "../../../components/Panel";
import { ScaleLegend } from "../../../components/ScaleLegend";
import { Switch } from "../../../components/Switch";
import { formatCount } from "../../../format/numbers";
import { sampled } from "../../../trials/sample";
import { useChoice } from "../useChoice";
import type { View } from "../useView";
import styles from "./AnalysisPage.module.css";

const MOST_CURVES = 500;
const CHOICES = [
  { value: "some", words: "all" },
  { value: "10", words: "best 10" },
  { value: "50", words: "best 50" },
  { value: "every", words: "all, however many" },
] as const;

/** Learning curves of the trials that pass the filter. */
export const CurvesPanel = memo(function CurvesPanel({ view, good }: { view: View; good: Float64Array }) {
  const { study, table, objective, shown } = view;
  const answer = useQuery(curvesQuery(study.id));
  const [which, setWhich] = useChoice(
    "curves",
    CHOICES.map((choice) => choice.value),
    "some",
  );
  const [steps, setSteps] = useChoice("steps", ["linear", "log"], "linear");
  const [scale, setScale] = useChoice("curve_values", ["linear", "log"], "linear");
  const all = useMemo(() => (answer.data ? curvesOf(answer.data, shown) : []), [answer.data, shown]);
  const drawn = useMemo(() => {
    if (which === "some") return sampled(all, MOST_CURVES);
    return which === "every" ? all : all.slice(0, Number(which));
  }, [all, which]);
  const below = useMemo(() => (scale === "log" ? countBelowZero(drawn) : 0), [drawn, scale]);
  // Reports are values of the first objective.
  const reported = Object.keys(study.objectives)[0] ?? objective;
  const isSample = which === "some" && drawn.length < all.length;
  return (
    <Panel
      title="Learning curves"
      aside={
        <>
          <ScaleLegend />
          <span>
            {drawn.length.toLocaleString("en-US")} of {formatCount(all.length, "curve")}
            {isSample ? ", best always included" : ""}
          </span>
          {isSample ? (
            <Button kind="quiet" onClick={() => setWhich("every")}>
              Show all
            </Button>
          ) : null}
          <Choice label="Curves" value={which} options={CHOICES} onChange={setWhich} />
          <Switch
            label="log steps"
            isOn={steps === "log"}
            onChange={(isOn) => setSteps(isOn ? "log" : "linear")}
          />
          <Switch
            label="log values"
            isOn={scale === "log"}
            onChange={(isOn) => setScale(isOn ? "log" : "linear")}
          />
        </>
      }
    >
      {answer.isError ? (
        <ErrorNotice error={answer.error} onRetry={() => answer.refetch()} />
      ) : answer.data === undefined ? (
        <Loading what="learning curves" />
      ) : all.length === 0 ? (
        <p>None of these trials has reported anything while it ran.</p>
      ) : (
        <>
          <CurvesChart
            studyId={study.id}
            table={table}
            objective={reported}
            good={good}
            curves={drawn}
            logSteps={steps === "log"}
            logValues={scale === "log"}
          />
          {below > 0 ? (
            <p className={styles.note}>
              {formatCount(below, "value")} at or below 0 {below === 1 ? "is" : "are"} left out: a logarithm
              has no place for them.
            </p>
          ) : null}
        </>
      )}
    </Panel>
  );
});
