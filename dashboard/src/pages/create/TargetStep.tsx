import type { Dataset } from "../../api/datasets";
import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import { canBeTarget, columnsOf } from "../datasets/profile";
import type { StepProps } from "./CreatePage";
import { FamiliesField } from "./FamiliesField";
import { METRICS, metricsOf } from "./options";
import styles from "./steps.module.css";

/** What is predicted, by which families, and what they are judged by. */
export function TargetStep({ draft, change, errors, dataset }: StepProps & { dataset: Dataset }) {
  const columns = columnsOf(dataset);
  const target = columns.find((column) => column.name === draft.target);
  return (
    <Panel title="2 · What is learned">
      <div className={styles.stack}>
        <div className={styles.fields}>
          <Field label="Column to predict" error={errors["#/target"]} hint={target?.reason}>
            {(ties) => (
              <select
                {...ties}
                value={draft.target}
                onChange={(event) => change({ target: event.target.value, metric: "" })}
              >
                <option value="">Choose…</option>
                {columns.filter(canBeTarget).map((column) => (
                  <option key={column.name}>{column.name}</option>
                ))}
              </select>
            )}
          </Field>
          <Field
            label="Judged by"
            error={errors["#/metric"]}
            hint={
              METRICS[draft.metric] ??
              "The service chooses by the target: log loss for classes, RMSE for numbers."
            }
          >
            {(ties) => (
              <select
                {...ties}
                value={draft.metric}
                onChange={(event) => change({ metric: event.target.value })}
              >
                <option value="">as the service chooses</option>
                {metricsOf(target).map((metric) => (
                  <option key={metric}>{metric}</option>
                ))}
              </select>
            )}
          </Field>
          <Field label="Name of the study" error={errors["#/name"]}>
            {(ties) => (
              <input
                {...ties}
                value={draft.name}
                placeholder={`${dataset.name}-${draft.target || "study"}`}
                onChange={(event) => change({ name: event.target.value })}
              />
            )}
          </Field>
        </div>
        <FamiliesField {...{ draft, change, errors, dataset }} />
      </div>
    </Panel>
  );
}
