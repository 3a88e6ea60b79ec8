import { errorsBelow } from "../../components/problems";
import styles from "./steps.module.css";
import type { DatasetStepProps } from "./TargetStep";

/** Which families of models compete: those that the service takes, or some. */
export function FamiliesField({ draft, change, errors, families }: DatasetStepProps) {
  const fitting = families?.items.filter((family) => family.space && family.name !== "architecture") ?? [];
  const names = fitting.map((family) => family.name);
  const taken = fitting.filter((family) => family.default);
  const { models } = draft;
  if (draft.network.role === "alone") {
    return <p className={styles.muted}>Only the network of your own is tuned, see below.</p>;
  }

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
          onChange={(event) =>
            change({ models: event.target.checked ? null : taken.map((family) => family.name) })
          }
        />
        <span>
          those that the service takes for such data
          {models === null && taken.length > 0 ? (
            <span className={styles.muted}>: {taken.map((family) => family.title).join(", ")}</span>
          ) : null}
        </span>
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
              {family.available ? null : <span className={styles.muted}>not installed here</span>}
            </label>
          ))}
      {errorsBelow(errors, "#/models").map(([place, detail]) => (
        <p key={place} className={styles.error}>
          {detail}
        </p>
      ))}
    </fieldset>
  );
}
