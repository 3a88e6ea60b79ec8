import { SelectField } from "../../components/SelectField";
import { Switch } from "../../components/Switch";
import { TextField } from "../../components/TextField";
import type { StudyDraft } from "./draft";
import styles from "./steps.module.css";
import type { DatasetStepProps } from "./TargetStep";

const TASKS = [
  ["binary", "one of two classes"],
  ["multiclass", "one of several classes"],
  ["regression", "a number"],
] as const;

/** How candidates are judged, where the service shall not choose. */
export function JudgingFields({ draft, change, errors }: DatasetStepProps) {
  return (
    <>
      <div className={styles.fields}>
        {draft.forecast === null ? (
          <SelectField
            label="Task"
            value={draft.task}
            error={errors["#/task"]}
            options={[["", "found from the column"], ...TASKS]}
            onChange={(task) => change({ task: task as StudyDraft["task"], metric: "" })}
          />
        ) : null}
        <TextField
          label="Folds"
          value={draft.folds}
          error={errors["#/folds"]}
          hint="Parts that every candidate is cross-validated on. Empty: by the size of the data."
          inputMode="numeric"
          onChange={(folds) => change({ folds })}
        />
        <TextField
          label="Milliseconds to predict a row"
          value={draft.maxPredictMs}
          error={errors["#/max_predict_ms"]}
          hint="How long the average of candidates may take. Empty: as it comes."
          inputMode="decimal"
          onChange={(maxPredictMs) => change({ maxPredictMs })}
        />
      </div>
      <div>
        <Switch
          label="In the end, average the best candidates"
          isOn={draft.ensemble}
          onChange={(ensemble) => change({ ensemble })}
        />
      </div>
    </>
  );
}
