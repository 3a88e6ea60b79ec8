import type { Families } from "../../api/families";
import { Button } from "../../components/Button";
import { Panel } from "../../components/Panel";
import type { StepProps } from "./CreatePage";
import { inStudy } from "./familySpace";
import { ParameterRow } from "./ParameterRow";
import { draftOf, newParameter, type ParameterDraft } from "./spaceDraft";
import styles from "./steps.module.css";

interface SpaceStepProps extends StepProps {
  /** Null for a training of one's own; undefined while they are not known. */
  families: Families | null | undefined;
}

/** What is searched: all of it for a training of one's own, and what differs from the families' spaces else. */
export function SpaceStep({ draft, change, errors, families }: SpaceStepProps) {
  const isOwn = families === null;
  const { parameters } = draft;
  const put = (key: string, more: Partial<ParameterDraft>) =>
    change({ parameters: parameters.map((each) => (each.key === key ? { ...each, ...more } : each)) });
  return (
    <Panel title={isOwn ? "3 · Search space" : "4 · Search space"}>
      <div className={styles.stack}>
        <p className={styles.muted}>
          {isOwn
            ? "What your training is to be tried with."
            : "Every family brings a space that suits it. Here single parameters can be given another range."}
        </p>
        {errors["#/space"] ? <p className={styles.error}>{errors["#/space"]}</p> : null}
        {parameters.map((parameter) => (
          <ParameterRow
            key={parameter.key}
            draft={parameter}
            isFixed={!isOwn}
            others={parameters.filter((each) => each.key !== parameter.key)}
            errors={errors}
            onChange={(more) => put(parameter.key, more)}
            onRemove={() => change({ parameters: parameters.filter((each) => each.key !== parameter.key) })}
          />
        ))}
        {families === undefined ? null : families ? (
          <Override
            families={families}
            models={draft.models}
            taken={parameters.map((each) => each.name)}
            onAdd={(added) => change({ parameters: [...parameters, added] })}
          />
        ) : (
          <Button onClick={() => change({ parameters: [...parameters, newParameter()] })}>
            Add a parameter
          </Button>
        )}
      </div>
    </Panel>
  );
}

interface OverrideProps {
  families: Families;
  models: readonly string[] | null;
  taken: readonly string[];
  onAdd: (parameter: ParameterDraft) => void;
}

/** A parameter of a family that is to have another range. */
function Override({ families, models, taken, onAdd }: OverrideProps) {
  const searched = families.items.filter(
    (family) => family.space && (models?.includes(family.name) ?? family.default),
  );
  return (
    <select
      className={styles.add}
      aria-label="Change a range"
      value=""
      onChange={(event) => {
        const [name, written] = JSON.parse(event.target.value) as [string, Record<string, unknown>];
        onAdd(draftOf(name, written));
      }}
    >
      <option value="">Change the range of…</option>
      {searched.map((family) => (
        <optgroup key={family.name} label={family.title}>
          {Object.entries((family.space?.parameters ?? {}) as Record<string, Record<string, unknown>>)
            .map(([name, written]) => [`${family.name}.${name}`, inStudy(family.name, written)] as const)
            .filter(([name]) => !taken.includes(name))
            .map(([name, written]) => (
              <option key={name} value={JSON.stringify([name, written])}>
                {name}
              </option>
            ))}
        </optgroup>
      ))}
    </select>
  );
}
