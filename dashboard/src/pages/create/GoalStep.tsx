import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import type { StepProps } from "./CreatePage";
import styles from "./steps.module.css";

/** What a training of one's own is tuned for. */
export function GoalStep({ draft, change, errors }: StepProps) {
  return (
    <Panel title="1 · What is tuned">
      <div className={styles.fields}>
        <Field label="Name of the study" error={errors["#/name"]}>
          {(ties) => (
            <input
              {...ties}
              value={draft.name}
              placeholder="my-training"
              onChange={(event) => change({ name: event.target.value })}
            />
          )}
        </Field>
        <Field label="Number that you tell" error={errors["#/objectives"]}>
          {(ties) => (
            <input
              {...ties}
              value={draft.objective}
              onChange={(event) => change({ objective: event.target.value })}
            />
          )}
        </Field>
        <Field label="Better is">
          {(ties) => (
            <select
              {...ties}
              value={draft.direction}
              onChange={(event) =>
                change({ direction: event.target.value === "maximize" ? "maximize" : "minimize" })
              }
            >
              <option value="minimize">lower ↓</option>
              <option value="maximize">higher ↑</option>
            </select>
          )}
        </Field>
      </div>
    </Panel>
  );
}
