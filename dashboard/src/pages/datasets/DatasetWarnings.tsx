import type { Dataset } from "../../api/datasets";
import styles from "./DatasetWarnings.module.css";

/** What looked odd in a table. */
export function DatasetWarnings({ dataset }: { dataset: Dataset }) {
  if (dataset.warnings.length === 0) return null;
  return (
    <ul className={styles.warnings}>
      {dataset.warnings.map((warning) => (
        <li key={`${warning.code}/${warning.column}`}>
          <span aria-hidden="true">⚠ </span>
          {warning.message}
        </li>
      ))}
    </ul>
  );
}
