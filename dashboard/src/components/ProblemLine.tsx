import { ProblemError } from "../api/client";
import styles from "./ProblemLine.module.css";

/** Why something that was asked for did not happen, beside where it was asked for. */
export function ProblemLine({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  const hint = error instanceof ProblemError ? error.problem.hint : null;
  return (
    <p className={styles.problem} role="alert">
      {error instanceof Error ? error.message : String(error)}
      {hint ? <span className={styles.hint}> {hint}</span> : null}
    </p>
  );
}
