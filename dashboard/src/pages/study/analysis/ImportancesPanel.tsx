import { memo } from "react";
import { useAddress } from "../../../address";
import type { useImportances } from "../../../api/rankings";
import { ErrorNotice, Loading } from "../../../components/Notice";
import { Panel } from "../../../components/Panel";
import { formatNumber } from "../../../format/numbers";
import type { View } from "../useView";
import styles from "./ImportancesPanel.module.css";

interface ImportancesPanelProps {
  view: View;
  importances: ReturnType<typeof useImportances>;
}

/** How much each parameter decides; a click shows it in the slice. */
export const ImportancesPanel = memo(function ImportancesPanel({ view, importances }: ImportancesPanelProps) {
  return (
    <Panel title="Importance of parameters" aside={`for ${view.objective}, over all trials`}>
      {importances.data !== undefined ? (
        <Bars shares={importances.data} />
      ) : importances.isError ? (
        <ErrorNotice error={importances.error} onRetry={() => importances.refetch()} />
      ) : (
        <Loading what="importances" />
      )}
    </Panel>
  );
});

function Bars({ shares }: { shares: Readonly<Record<string, number>> }) {
  const [query, change] = useAddress();
  const entries = Object.entries(shares).sort((a, b) => b[1] - a[1]);
  const most = entries[0]?.[1] ?? 1;
  if (entries.length === 0) {
    return <p>Too few trials have completed to tell which parameters matter.</p>;
  }
  const choose = (name: string) =>
    change((now) => {
      now.set("slice", name);
      return now;
    });
  return (
    <ol className={styles.list} aria-label="Parameters, the most important one first">
      {entries.map(([name, share]) => (
        <li key={name} style={{ display: "contents" }}>
          <button
            type="button"
            className={styles.row}
            aria-pressed={query.get("slice") === name}
            title={`Show ${name} in the slice`}
            onClick={() => choose(name)}
          >
            <span className={styles.name}>{name}</span>
            <span className={styles.bar} style={{ width: `${(100 * share) / most}%` }} aria-hidden="true" />
            <span className={styles.share}>{formatNumber(100 * share, 2)} %</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
