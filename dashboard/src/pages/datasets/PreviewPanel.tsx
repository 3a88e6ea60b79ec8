import { useQuery } from "@tanstack/react-query";
import { type Dataset, previewQuery } from "../../api/datasets";
import { Panel } from "../../components/Panel";
import { Problem } from "../../components/Problem";
import { Table } from "../../components/Table";
import tableStyles from "../../components/Table.module.css";
import styles from "./PreviewPanel.module.css";

/** The first rows of a table, as they were read. */
export function PreviewPanel({ dataset }: { dataset: Dataset }) {
  const preview = useQuery(previewQuery(dataset.id));
  const { columns = [], rows = [] } = preview.data ?? {};
  return (
    <Panel
      title="First rows"
      aside={preview.data ? `${rows.length} of ${dataset.num_rows.toLocaleString("en-US")}` : null}
    >
      <Problem error={preview.error} />
      {preview.data && rows.length === 0 ? (
        <p className={styles.none}>Of this table no rows were kept to show.</p>
      ) : null}
      {rows.length === 0 ? null : (
        <Table label="First rows">
          <thead>
            <tr>
              {columns.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, place) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a table that never changes are their places.
              <tr key={place}>
                {row.map((cell, at) => (
                  <td
                    key={columns[at]}
                    className={typeof cell === "number" ? tableStyles.number : styles.text}
                    title={cell === null ? "missing" : String(cell)}
                  >
                    {cell === null ? <span className={styles.none}>–</span> : String(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
