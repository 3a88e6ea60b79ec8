import type { Prediction } from "../../api/models";
import { Table } from "../../components/Table";
import { formatCell } from "../../format/numbers";
import styles from "./PredictPanel.module.css";

/** What a model has predicted: for one row with its probabilities, for several as a table. */
export function PredictionResult({ target, prediction }: { target: string; prediction: Prediction }) {
  const { predictions, probabilities, classes, rows } = prediction;
  const [only] = predictions;
  if (predictions.length === 1 && only !== undefined && rows.length === 0) {
    return (
      <div className={styles.result} role="status">
        <p>
          {target}: <b className={styles.value}>{formatCell(only)}</b>
        </p>
        <ul className={styles.classes}>
          {classes.map((name, place) => {
            const share = probabilities[0]?.[place] ?? 0;
            return (
              <li key={String(name)}>
                <span>{String(name)}</span>
                <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
                  <rect width={100 * share} height={6} />
                </svg>
                <span>{(100 * share).toFixed(1)} %</span>
              </li>
            );
          })}
        </ul>
      </div>
    );
  }
  const names = Object.keys(rows[0] ?? {});
  return (
    <div role="status">
      <Table label="Predictions">
        <thead>
          <tr>
            {names.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
            <th scope="col">{target}</th>
          </tr>
        </thead>
        <tbody>
          {predictions.map((value, place) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: predictions are told in the order of their rows.
            <tr key={place}>
              {names.map((name) => (
                <td key={name}>{String(rows[place]?.[name] ?? "")}</td>
              ))}
              <td>
                <b>{formatCell(value)}</b>
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </div>
  );
}
