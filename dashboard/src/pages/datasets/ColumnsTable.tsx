import { type Dataset, useDatasetChange } from "../../api/datasets";
import { Problem } from "../../components/Problem";
import { Table } from "../../components/Table";
import tableStyles from "../../components/Table.module.css";
import { formatCount, formatNumber } from "../../format/numbers";
import styles from "./ColumnsTable.module.css";
import { type Column, columnsOf, kindsFor } from "./profile";

/** The columns of a table: what each is taken for and why, and what is in it. The kinds can be changed. */
export function ColumnsTable({ dataset }: { dataset: Dataset }) {
  const change = useDatasetChange(dataset.id);
  const columns = columnsOf(dataset);
  return (
    <>
      <Problem error={change.error} />
      <Table label="Columns">
        <thead>
          <tr>
            <th scope="col">Column</th>
            <th scope="col">Kind</th>
            <th scope="col">Missing</th>
            <th scope="col">Distinct</th>
            <th scope="col">Values</th>
          </tr>
        </thead>
        <tbody>
          {columns.map((column) => (
            <tr key={column.name}>
              <th scope="row" className={styles.name}>
                {column.name}
                {column.name === dataset.target ? <span className={styles.target}>target</span> : null}
              </th>
              <td className={styles.kind}>
                <select
                  aria-label={`Kind of ${column.name}`}
                  value={column.kind}
                  disabled={change.isPending}
                  onChange={(event) => change.mutate({ columns: { [column.name]: event.target.value } })}
                >
                  {kindsFor(column).map((kind) => (
                    <option key={kind} value={kind}>
                      {kind === "identifier" ? "identifier (left out)" : kind}
                    </option>
                  ))}
                </select>
                <span className={tableStyles.muted}>{column.reason}</span>
              </td>
              <td>{missingOf(column, dataset.num_rows)}</td>
              <td>{column.num_unique === null ? "–" : column.num_unique.toLocaleString("en-US")}</td>
              <td>
                <Values column={column} numRows={dataset.num_rows} />
              </td>
            </tr>
          ))}
        </tbody>
      </Table>
    </>
  );
}

function missingOf(column: Column, numRows: number): string {
  if (column.num_missing === 0) return "none";
  const share = Math.round((100 * column.num_missing) / Math.max(1, numRows));
  return `${column.num_missing.toLocaleString("en-US")} (${share < 1 ? "< 1" : share} %)`;
}

const MOST_BARS = 4;

function Values({ column, numRows }: { column: Column; numRows: number }) {
  const histogram = column.histogram ?? [];
  if (histogram.length > 0) return <Histogram column={column} counts={histogram} />;
  if (column.value_counts.length === 0) {
    return <span className={tableStyles.muted}>{column.shape ? `arrays of ${shapeText(column)}` : ""}</span>;
  }
  const shown = column.value_counts.slice(0, MOST_BARS);
  const others = column.value_counts.length - shown.length;
  return (
    <ul className={styles.bars}>
      {shown.map(([value, count]) => (
        <li key={value}>
          <span className={styles.value} title={value}>
            {value}
          </span>
          <svg className={styles.meter} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
            <rect width={(100 * count) / Math.max(1, numRows)} height={6} />
          </svg>
          <span className={styles.count}>{count.toLocaleString("en-US")}</span>
        </li>
      ))}
      {others > 0 ? <li className={tableStyles.muted}>and {formatCount(others, "other")}</li> : null}
    </ul>
  );
}

function Histogram({ column, counts }: { column: Column; counts: readonly number[] }) {
  const most = Math.max(...counts, 1);
  const width = 100 / counts.length;
  return (
    <figure className={styles.histogram}>
      <svg
        viewBox="0 0 100 32"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Histogram of ${column.name} from ${formatNumber(column.minimum)} to ${formatNumber(column.maximum)}`}
      >
        {counts.map((count, place) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a histogram are its places.
            key={place}
            x={place * width + 0.3}
            width={width - 0.6}
            y={32 - (32 * count) / most}
            height={(32 * count) / most}
          />
        ))}
      </svg>
      <figcaption>
        <span>{formatNumber(column.minimum)}</span>
        <span>mean {formatNumber(column.mean)}</span>
        <span>{formatNumber(column.maximum)}</span>
      </figcaption>
    </figure>
  );
}

function shapeText(column: Column): string {
  return (column.shape ?? []).map((size) => size ?? "any").join(" × ");
}
