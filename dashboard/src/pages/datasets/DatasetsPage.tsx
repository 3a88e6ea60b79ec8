import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import { datasetsQuery } from "../../api/datasets";
import { Instant } from "../../components/Instant";
import { ErrorNotice, Loading } from "../../components/Notice";
import { Panel } from "../../components/Panel";
import { Table } from "../../components/Table";
import tableStyles from "../../components/Table.module.css";
import { formatBytes, formatCount } from "../../format/numbers";
import styles from "./DatasetsPage.module.css";
import { DropZone } from "./DropZone";

/** All stored tables, and a place for a new one. */
export function DatasetsPage() {
  const datasets = useQuery(datasetsQuery);
  const navigate = useNavigate();
  if (datasets.isPending) return <Loading what="datasets" />;
  if (datasets.data === undefined)
    return <ErrorNotice error={datasets.error} onRetry={() => datasets.refetch()} />;
  return (
    <div className={styles.page}>
      <h1>Datasets</h1>
      <DropZone onStored={(dataset) => navigate(`/datasets/${dataset.id}`)} />
      {datasets.data.length === 0 ? (
        <p className={styles.none}>There are no tables yet. Drop one above, or send it from Python.</p>
      ) : (
        <Panel title="Stored" aside={formatCount(datasets.data.length, "table")}>
          <Table label="Datasets">
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col" className={tableStyles.number}>
                  Rows
                </th>
                <th scope="col" className={tableStyles.number}>
                  Columns
                </th>
                <th scope="col" className={tableStyles.number}>
                  Size
                </th>
                <th scope="col">Target</th>
                <th scope="col">Sent</th>
              </tr>
            </thead>
            <tbody>
              {datasets.data.map((dataset) => (
                <tr key={dataset.id}>
                  <th scope="row" className={styles.name}>
                    <Link to={`/datasets/${dataset.id}`}>{dataset.name}</Link>
                  </th>
                  <td className={tableStyles.number}>{dataset.num_rows.toLocaleString("en-US")}</td>
                  <td className={tableStyles.number}>{dataset.num_columns.toLocaleString("en-US")}</td>
                  <td className={tableStyles.number}>{formatBytes(dataset.size)}</td>
                  <td>{dataset.target ?? "–"}</td>
                  <td>
                    <Instant at={dataset.created_at} ago />
                  </td>
                </tr>
              ))}
            </tbody>
          </Table>
        </Panel>
      )}
    </div>
  );
}
