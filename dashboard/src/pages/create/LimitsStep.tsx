import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import type { StepProps } from "./CreatePage";
import { PRUNERS, SAMPLERS } from "./options";
import styles from "./steps.module.css";

/** How much the study may spend, and how it searches. */
export function LimitsStep({ draft, change, errors }: StepProps) {
  return (
    <Panel title={draft.mode === "own" ? "2 · Budget" : "3 · Budget"}>
      <div className={styles.stack}>
        <div className={styles.fields}>
          <Field label="Trials" hint="Empty: no limit." error={errors["#/budget/trials"]}>
            {(ties) => (
              <input
                {...ties}
                inputMode="numeric"
                value={draft.trials}
                onChange={(event) => change({ trials: event.target.value })}
              />
            )}
          </Field>
          <Field
            label="Minutes"
            hint="Empty: no limit. The study ends at whichever comes first."
            error={errors["#/budget/seconds"]}
          >
            {(ties) => (
              <input
                {...ties}
                inputMode="decimal"
                value={draft.minutes}
                onChange={(event) => change({ minutes: event.target.value })}
              />
            )}
          </Field>
        </div>
        <details className={styles.details}>
          <summary>How it searches</summary>
          <div className={styles.fields}>
            <Field label="Sampler" hint="Who proposes parameters." error={errors["#/sampler"]}>
              {(ties) => (
                <select
                  {...ties}
                  value={draft.sampler}
                  onChange={(event) => change({ sampler: event.target.value })}
                >
                  {Object.entries(SAMPLERS).map(([name, words]) => (
                    <option key={name} value={name}>
                      {words}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Pruner" hint="Who stops hopeless trials early." error={errors["#/pruner"]}>
              {(ties) => (
                <select
                  {...ties}
                  value={draft.pruner}
                  onChange={(event) => change({ pruner: event.target.value })}
                >
                  {Object.entries(PRUNERS).map(([name, words]) => (
                    <option key={name} value={name}>
                      {words}
                    </option>
                  ))}
                </select>
              )}
            </Field>
            <Field label="Seed" hint="Empty: the service draws one." error={errors["#/seed"]}>
              {(ties) => (
                <input
                  {...ties}
                  inputMode="numeric"
                  value={draft.seed}
                  onChange={(event) => change({ seed: event.target.value })}
                />
              )}
            </Field>
          </div>
        </details>
      </div>
    </Panel>
  );
}
