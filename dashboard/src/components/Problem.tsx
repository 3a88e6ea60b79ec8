import { OfflineError, ProblemError } from "../api/client";
import styles from "./Problem.module.css";

/** Why something that the reader asked for was not done, and what to do about it. */
export function Problem({ error }: { error: unknown }) {
  if (error === null || error === undefined) return null;
  const hint = error instanceof ProblemError ? error.problem.hint : null;
  return (
    <div className={styles.problem} role="alert">
      <p>{error instanceof Error ? error.message : String(error)}</p>
      {hint ? <p className={styles.hint}>{hint}</p> : null}
      {error instanceof OfflineError ? <p className={styles.hint}>Try again when it is back.</p> : null}
    </div>
  );
}
