import { useMemo } from "react";
import { useImportances } from "../../../api/rankings";
import { Choice } from "../../../components/Choice";
import { FilterBar } from "../../../components/FilterBar";
import { Notice } from "../../../components/Notice";
import { Switch } from "../../../components/Switch";
import { goodness } from "../../../trials/ranks";
import { useStudyView } from "../StudyPage";
import { useChoice } from "../useChoice";
import { useParameters, varying } from "../useParameters";
import styles from "./AnalysisPage.module.css";
import { CurvesPanel } from "./CurvesPanel";
import { DistributionPanel } from "./DistributionPanel";
import { ImportancesPanel } from "./ImportancesPanel";
import { ParallelPanel } from "./ParallelPanel";
import { ParetoPanel } from "./ParetoPanel";
import { SlicePanel } from "./SlicePanel";
import { SurfacePanel } from "./SurfacePanel";

/** Why the good trials are good: every trial by its parameters and its values, under one filter. */
export function AnalysisPage() {
  const view = useStudyView();
  const { study, table, order, objective } = view;
  const parameters = useParameters(study);
  const names = useMemo(() => varying(parameters), [parameters]);
  const good = useMemo(() => goodness(table, order), [table, order]);
  const importances = useImportances(study, objective);
  const objectives = Object.keys(study.objectives);
  const [, setObjective] = useChoice("objective", objectives, objectives[0] ?? "");
  const [asked, setScale] = useChoice("values", ["linear", "log"], "linear");
  const whyNot = useMemo(() => whyNoLogarithm(table.values[objective] ?? []), [table, objective]);
  const logValues = asked === "log" && whyNot === undefined;
  if (table.size === 0) {
    return (
      <Notice title="There is nothing to analyse yet">
        <p>The charts appear with the first trials of the study.</p>
      </Notice>
    );
  }
  const common = { view, parameters, names, logValues };
  return (
    <>
      <FilterBar table={table} shown={view.shown} filter={view.filter} changeFilter={view.changeFilter} />
      <div className={styles.tools}>
        {objectives.length > 1 ? (
          <Choice label="Objective" value={objective} options={objectives} onChange={setObjective} />
        ) : null}
        <Switch
          label="Logarithmic values"
          isOn={logValues}
          whyNot={whyNot}
          onChange={(isOn) => setScale(isOn ? "log" : "linear")}
        />
      </div>
      <div className={styles.grid}>
        {names.length > 0 ? (
          <>
            <div className={styles.wide}>
              <ParallelPanel {...common} good={good} importances={importances} />
            </div>
            <ImportancesPanel view={view} importances={importances} />
            <SlicePanel {...common} importances={importances.data} />
            {names.length > 1 ? (
              <SurfacePanel
                view={view}
                parameters={parameters}
                names={names}
                good={good}
                importances={importances.data}
              />
            ) : null}
          </>
        ) : null}
        <DistributionPanel view={view} logValues={logValues} />
        {objectives.length > 1 ? <ParetoPanel view={view} /> : null}
        <div className={styles.wide}>
          <CurvesPanel view={view} good={good} />
        </div>
      </div>
    </>
  );
}

function whyNoLogarithm(values: readonly (number | null)[]): string | undefined {
  const isAbove = values.every((value) => value === null || value > 0);
  return isAbove ? undefined : "Some values are not above 0, and a logarithm has no place for them.";
}
