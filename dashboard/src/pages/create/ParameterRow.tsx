import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { RangeBar } from "../../components/RangeBar";
import styles from "./ParameterRow.module.css";
import { type ParameterDraft, pointerOf } from "./spaceDraft";

interface ParameterRowProps {
  draft: ParameterDraft;
  /** Its name, type and condition are those of the family. */
  isFixed: boolean;
  others: readonly ParameterDraft[];
  errors: Readonly<Record<string, string>>;
  onChange: (more: Partial<ParameterDraft>) => void;
  onRemove: () => void;
}

const TYPES = { float: "number", int: "whole number", categorical: "choices" } as const;

/** One parameter of a space: its name, its range, and when it is there. */
export function ParameterRow({ draft, isFixed, others, errors, onChange, onRemove }: ParameterRowProps) {
  const at = pointerOf(draft);
  const text = (field: "name" | "low" | "high" | "step" | "choices" | "parentValues") => ({
    value: draft[field],
    autoComplete: "off",
    onChange: (event: { target: { value: string } }) => onChange({ [field]: event.target.value }),
  });
  const isNumber = draft.type !== "categorical";
  return (
    <fieldset className={styles.row}>
      <legend className="visually-hidden">{draft.name || "new parameter"}</legend>
      <div className={styles.fields}>
        <Field label="Name" error={errors[`${at}/name`] ?? errors[at]}>
          {(ties) => <input {...ties} {...text("name")} readOnly={isFixed} />}
        </Field>
        <Field label="Type" error={errors[`${at}/type`]}>
          {(ties) => (
            <select
              {...ties}
              value={draft.type}
              disabled={isFixed}
              onChange={(event) => onChange({ type: event.target.value as ParameterDraft["type"] })}
            >
              {Object.entries(TYPES).map(([type, words]) => (
                <option key={type} value={type}>
                  {words}
                </option>
              ))}
            </select>
          )}
        </Field>
        {isNumber ? (
          <>
            <Field label="From" error={errors[`${at}/low`]}>
              {(ties) => <input {...ties} {...text("low")} inputMode="decimal" />}
            </Field>
            <Field label="To" error={errors[`${at}/high`]}>
              {(ties) => <input {...ties} {...text("high")} inputMode="decimal" />}
            </Field>
            <Field label="Step" error={errors[`${at}/step`]}>
              {(ties) => <input {...ties} {...text("step")} inputMode="decimal" disabled={draft.log} />}
            </Field>
          </>
        ) : (
          <div className={styles.wide}>
            <Field label="Choices" error={errors[`${at}/choices`]}>
              {(ties) => <input {...ties} {...text("choices")} placeholder="adam, sgd" />}
            </Field>
          </div>
        )}
      </div>
      <div className={styles.more}>
        {isNumber ? (
          <>
            <label>
              <input
                type="checkbox"
                checked={draft.log}
                onChange={(event) => onChange({ log: event.target.checked })}
              />{" "}
              logarithmic
            </label>
            {errors[`${at}/log`] ? <span className={styles.error}>{errors[`${at}/log`]}</span> : null}
            <span className={styles.range}>
              <RangeBar low={Number(draft.low)} high={Number(draft.high)} log={draft.log} />
            </span>
          </>
        ) : (
          <label>
            <input
              type="checkbox"
              checked={draft.ordered}
              onChange={(event) => onChange({ ordered: event.target.checked })}
            />{" "}
            in this order
          </label>
        )}
        {isFixed ? (
          draft.parent === "" ? null : (
            <span className={styles.condition}>
              when {draft.parent} is {draft.parentValues}
            </span>
          )
        ) : (
          <Condition draft={draft} others={others} error={errors[`${at}/when`]} onChange={onChange} />
        )}
        <Button kind="quiet" className={styles.remove} onClick={onRemove}>
          Remove
        </Button>
      </div>
    </fieldset>
  );
}

interface ConditionProps extends Pick<ParameterRowProps, "draft" | "others" | "onChange"> {
  error: string | undefined;
}

function Condition({ draft, others, error, onChange }: ConditionProps) {
  const parents = others.map((each) => each.name.trim()).filter(Boolean);
  if (parents.length === 0) return null;
  return (
    <span className={styles.condition}>
      <select
        aria-label="Only there with another parameter"
        value={draft.parent}
        onChange={(event) => onChange({ parent: event.target.value })}
      >
        <option value="">always there</option>
        {parents.map((name) => (
          <option key={name} value={name}>
            when {name} is
          </option>
        ))}
      </select>
      {draft.parent === "" ? null : (
        <input
          aria-label={`Values of ${draft.parent}`}
          aria-invalid={error ? true : undefined}
          placeholder="sgd, adam"
          value={draft.parentValues}
          onChange={(event) => onChange({ parentValues: event.target.value })}
        />
      )}
      {error ? <span className={styles.error}>{error}</span> : null}
    </span>
  );
}
