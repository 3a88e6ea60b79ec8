import { useQuery } from "@tanstack/react-query";
import { type Dataset, familiesQuery } from "../../api/datasets";
import { Button } from "../../components/Button";
import { Panel } from "../../components/Panel";
import type { StepProps } from "./CreatePage";
import { inStudy } from "./familySpace";
import { ParameterRow } from "./ParameterRow";
import { draftOf, newParameter, type ParameterDraft } from "./spaceDraft";
import styles from "./steps.module.css";

/** What is searched: all of it for a training of one's own, and what differs from the families' spaces for a table. */
export function SpaceStep({ draft, change, errors, dataset }: StepProps & { dataset: Dataset | null }) {
  const { parameters } = draft;
  const put = (key: string, more: Partial<ParameterDraft>) =>
    change({ parameters: parameters.map((each) => (each.key === key ? { ...each, ...more } : each)) });
  return (
    <Panel title={dataset ? "4 · Search space" : "3 · Search space"}>
      <div className={styles.stack}>
        <p className={styles.muted}>
          {dataset
            ? "Every family brings a space that suits it. Here single parameters can be given another range."
            : "What your training is to be tried with."}
        </p>
        {errors["#/space"] ? <p className={styles.error}>{errors["#/space"]}</p> : null}
        {parameters.map((parameter) => (
          <ParameterRow
            key={parameter.key}
            draft={parameter}
            isFixed={dataset !== null}
            others={parameters.filter((each) => each.key !== parameter.key)}
            errors={errors}
            onChange={(more) => put(parameter.key, more)}
            onRemove={() => change({ parameters: parameters.filter((each) => each.key !== parameter.key) })}
          />
        ))}
        {dataset ? (
          <Override
            dataset={dataset}
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
  dataset: Dataset;
  models: readonly string[] | null;
  taken: readonly string[];
  onAdd: (parameter: ParameterDraft) => void;
}

/** A parameter of a family that is to have another range. */
function Override({ dataset, models, taken, onAdd }: OverrideProps) {
  const families = useQuery(familiesQuery(dataset.id));
  const searched =
    families.data?.filter((family) => family.space && (models?.includes(family.name) ?? true)) ?? [];
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
