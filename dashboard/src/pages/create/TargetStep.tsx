import { useQuery } from "@tanstack/react-query";
import type { Dataset } from "../../api/datasets";
import type { Families } from "../../api/families";
import { optionsQuery } from "../../api/options";
import { More } from "../../components/More";
import { Panel } from "../../components/Panel";
import { SelectField } from "../../components/SelectField";
import { TextField } from "../../components/TextField";
import { canBeTarget, columnsOf, looksLikeTime } from "../datasets/profile";
import type { StepProps } from "./CreatePage";
import { FamiliesField } from "./FamiliesField";
import { ForecastFields } from "./ForecastFields";
import { JudgingFields } from "./JudgingFields";
import { metricsOf, metricWords } from "./metrics";
import { NetworkFields } from "./NetworkFields";
import styles from "./steps.module.css";

export interface DatasetStepProps extends StepProps {
  dataset: Dataset;
  /** What the families would do about the target, once it is known. */
  families: Families | undefined;
}

/** What is predicted, by which families, and what they are judged by. */
export function TargetStep(props: DatasetStepProps) {
  const { draft, change, errors, dataset, families } = props;
  const options = useQuery(optionsQuery);
  const metrics = metricsOf(options.data, families);
  const metric = metrics.find((each) => each.name === (draft.metric || families?.metric));
  const columns = columnsOf(dataset).filter((column) => canBeTarget(column) || column.name === draft.target);
  // Whoever has no times rarely means a forecast.
  const hasTimes = columnsOf(dataset).some(looksLikeTime);
  return (
    <Panel title="2 · What is learned">
      <div className={styles.stack}>
        <div className={styles.fields}>
          <SelectField
            label="Column to predict"
            value={draft.target}
            error={errors["#/target"]}
            hint={families?.target?.task_reason}
            options={[["", "Choose…"], ...columns.map(({ name }) => [name, name] as const)]}
            onChange={(target) => change({ target, task: "", metric: "" })}
          />
          <SelectField
            label="Judged by"
            value={draft.metric}
            error={errors["#/metric"]}
            hint={metric?.description ?? "Known when there is a column to predict."}
            options={[
              ["", families?.metric ? `${families.metric} (default)` : "as the service chooses"],
              ...metrics
                .filter((each) => each.name !== families?.metric)
                .map((each) => [each.name, metricWords(each)] as const),
            ]}
            onChange={(name) => change({ metric: name })}
          />
          <TextField
            label="Name of the study"
            value={draft.name}
            error={errors["#/name"]}
            placeholder={`${dataset.name}-${draft.target || "study"}`}
            onChange={(name) => change({ name })}
          />
        </div>
        {hasTimes ? <ForecastFields {...props} /> : null}
        <FamiliesField {...props} />
        <More
          title="More: a network of your own, how it is judged"
          errors={errors}
          pointers={[
            "#/architecture",
            "#/backend",
            "#/forecast",
            "#/task",
            "#/folds",
            "#/ensemble",
            "#/max_predict_ms",
          ]}
        >
          {hasTimes ? null : <ForecastFields {...props} />}
          <NetworkFields {...props} />
          <JudgingFields {...props} />
        </More>
      </div>
    </Panel>
  );
}
