import { useQuery } from "@tanstack/react-query";
import { type Dataset, familiesQuery } from "../../api/datasets";
import { Problem } from "../../components/Problem";
import type { StepProps } from "./CreatePage";
import styles from "./steps.module.css";

/** Which families of models compete: those that the service takes, or some. */
export function FamiliesField({ draft, change, errors, dataset }: StepProps & { dataset: Dataset }) {
  const families = useQuery(familiesQuery(dataset.id));
  const fitting = families.data?.filter((family) => family.space) ?? [];
  const names = fitting.map((family) => family.name);
  const { models } = draft;

  function toggle(name: string) {
    const chosen = new Set(models);
    if (!chosen.delete(name)) chosen.add(name);
    change({ models: names.filter((each) => chosen.has(each)) });
  }

  return (
    <fieldset className={styles.families}>
      <legend>Families of models that compete</legend>
      <label className={styles.all}>
        <input
          type="checkbox"
          checked={models === null}
          onChange={(event) => change({ models: event.target.checked ? null : names })}
        />
        those that the service takes for such a table
      </label>
      {models === null
        ? null
        : fitting.map((family) => (
            <label key={family.name} className={styles.family}>
              <input
                type="checkbox"
                checked={models.includes(family.name)}
                onChange={() => toggle(family.name)}
              />
              {family.title}
              {family.available ? null : <span className={styles.muted}>no worker can now</span>}
            </label>
          ))}
      {errors["#/models"] ? <p className={styles.error}>{errors["#/models"]}</p> : null}
      <Problem error={families.error} />
    </fieldset>
  );
}
