import { Button } from "../../components/Button";
import { More } from "../../components/More";
import { Panel } from "../../components/Panel";
import { SelectField } from "../../components/SelectField";
import { TextField } from "../../components/TextField";
import type { StepProps } from "./CreatePage";
import { type ConstraintDraft, goalPointer, newConstraint, newObjective, type ObjectiveDraft } from "./goals";
import styles from "./steps.module.css";

const DIRECTIONS = [
  ["minimize", "lower ↓"],
  ["maximize", "higher ↑"],
] as const;

/** What a training of one's own is tuned for: the numbers that it tells, and the bounds that they must keep. */
export function GoalStep({ draft, change, errors }: StepProps) {
  const { objectives, constraints } = draft;
  return (
    <Panel title="1 · What is tuned">
      <div className={styles.stack}>
        <div className={styles.fields}>
          <TextField
            label="Name of the study"
            value={draft.name}
            error={errors["#/name"]}
            placeholder="my-training"
            onChange={(name) => change({ name })}
          />
        </div>
        {objectives.map((objective, place) => (
          <ObjectiveRow
            key={objective.key}
            objective={objective}
            error={
              errors[goalPointer("objectives", objective)] ??
              (place === 0 ? errors["#/objectives"] : undefined)
            }
            onChange={(more) => change({ objectives: replaced(objectives, { ...objective, ...more }) })}
            onRemove={
              objectives.length > 1
                ? () => change({ objectives: objectives.filter((each) => each !== objective) })
                : undefined
            }
          />
        ))}
        <More title="More: several objectives, bounds" errors={errors} pointers={["#/constraints"]}>
          <div className={styles.buttons}>
            <Button onClick={() => change({ objectives: [...objectives, newObjective()] })}>
              Add an objective
            </Button>
            <Button onClick={() => change({ constraints: [...constraints, newConstraint()] })}>
              Add a bound
            </Button>
          </div>
          <p className={styles.muted}>
            With several objectives the study finds the best compromises. A bound is on a number that is told
            with each result, be it an objective or not; trials that keep all bounds rank first.
          </p>
          {constraints.map((constraint) => (
            <ConstraintRow
              key={constraint.key}
              constraint={constraint}
              errors={errors}
              onChange={(more) => change({ constraints: replaced(constraints, { ...constraint, ...more }) })}
              onRemove={() => change({ constraints: constraints.filter((each) => each !== constraint) })}
            />
          ))}
        </More>
      </div>
    </Panel>
  );
}

function replaced<Row extends { key: string }>(rows: readonly Row[], row: Row): readonly Row[] {
  return rows.map((each) => (each.key === row.key ? row : each));
}

interface ObjectiveRowProps {
  objective: ObjectiveDraft;
  error: string | undefined;
  onChange: (more: Partial<ObjectiveDraft>) => void;
  onRemove: (() => void) | undefined;
}

function ObjectiveRow({ objective, error, onChange, onRemove }: ObjectiveRowProps) {
  return (
    <fieldset className={styles.row}>
      <legend className="visually-hidden">{objective.name || "new objective"}</legend>
      <TextField
        label="Number that you tell"
        value={objective.name}
        error={error}
        onChange={(name) => onChange({ name })}
      />
      <SelectField
        label="Better is"
        value={objective.direction}
        options={DIRECTIONS}
        onChange={(direction) => onChange({ direction: direction as ObjectiveDraft["direction"] })}
      />
      {onRemove ? (
        <Button kind="quiet" className={styles.remove} onClick={onRemove}>
          Remove
        </Button>
      ) : null}
    </fieldset>
  );
}

interface ConstraintRowProps {
  constraint: ConstraintDraft;
  errors: Readonly<Record<string, string>>;
  onChange: (more: Partial<ConstraintDraft>) => void;
  onRemove: () => void;
}

function ConstraintRow({ constraint, errors, onChange, onRemove }: ConstraintRowProps) {
  const at = goalPointer("constraints", constraint);
  return (
    <fieldset className={styles.row}>
      <legend className="visually-hidden">{constraint.name || "new bound"}</legend>
      <TextField
        label="Number that is bounded"
        value={constraint.name}
        error={errors[at]}
        placeholder="latency_ms"
        onChange={(name) => onChange({ name })}
      />
      <TextField
        label="At least"
        value={constraint.atLeast}
        error={errors[`${at}/at_least`]}
        inputMode="decimal"
        onChange={(atLeast) => onChange({ atLeast })}
      />
      <TextField
        label="At most"
        value={constraint.atMost}
        error={errors[`${at}/at_most`]}
        inputMode="decimal"
        onChange={(atMost) => onChange({ atMost })}
      />
      <Button kind="quiet" className={styles.remove} onClick={onRemove}>
        Remove
      </Button>
    </fieldset>
  );
}
