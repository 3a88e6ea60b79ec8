import { useQueries } from "@tanstack/react-query";
import { useMemo } from "react";
import { Link } from "react-router";
import { useAddress } from "../../address";
import { measurementsQuery } from "../../api/trial";
import { LinesChart } from "../../charts/LinesChart";
import { Notice } from "../../components/Notice";
import { Panel } from "../../components/Panel";
import { StateBadge } from "../../components/StateBadge";
import { Table } from "../../components/Table";
import { formatCell, formatNumber } from "../../format/numbers";
import { formatDuration } from "../../format/times";
import { sharedOf, trialAddress } from "../../trials/address";
import { cellColumns } from "../../trials/cells";
import { MOST_MARKED, readNumbers } from "../leaderboard/layout";
import { useStudyView } from "../study/StudyPage";
import styles from "./ComparePage.module.css";
import { type CompareRow, compareRows } from "./compare";

/** Some trials beside each other: what differs between them, and their curves in one drawing. */
export function ComparePage() {
  const { study, table, order } = useStudyView();
  const [query, change] = useAddress();
  const asked = query.get("trials");
  const numbers = useMemo(
    () => readNumbers(asked).filter((number) => number < table.size),
    [asked, table.size],
  );
  const isAll = query.get("rows") === "all";
  const columns = useMemo(() => cellColumns(study, table, order), [study, table, order]);
  const rows = compareRows(columns, numbers, study.objectives);
  const different = rows.filter((row) => row.isDifferent);
  const curves = useQueries({ queries: numbers.map((number) => measurementsQuery(table, number)) });
  const lines = numbers.map((number, place) => ({
    name: `trial ${number}`,
    points: (curves[place]?.data ?? [])
      .filter((each) => each.attempt === table.attempts[number])
      .map((each) => [each.step, each.value] as const)
      .sort((a, b) => a[0] - b[0]),
  }));
  const drawn = lines.filter((line) => line.points.length > 0);

  if (numbers.length < 2) {
    return (
      <Notice title="Mark at least two trials to compare them">
        <p>
          On the{" "}
          <Link to={{ pathname: `/studies/${study.id}/trials`, search: sharedOf(query).toString() }}>
            leaderboard
          </Link>
          , mark from 2 to {MOST_MARKED} trials (key <kbd>x</kbd>), then compare (key <kbd>c</kbd>).
        </p>
      </Notice>
    );
  }

  function put(alter: (next: URLSearchParams) => void) {
    change((now) => {
      alter(now);
      return now;
    });
  }

  return (
    <div className={styles.panels}>
      <Panel
        title={`${numbers.length} trials`}
        aside={
          <>
            <span>
              {different.length} of {rows.length} rows differ
            </span>
            <label>
              <input
                type="checkbox"
                checked={!isAll}
                onChange={(event) =>
                  put((next) => (event.target.checked ? next.delete("rows") : next.set("rows", "all")))
                }
              />{" "}
              differences only
            </label>
          </>
        }
      >
        <Table label="Comparison">
          <thead>
            <tr>
              <th scope="col" className={styles.name}>
                Trial
              </th>
              {numbers.map((number) => (
                <th key={number} scope="col">
                  <Link to={trialAddress(study.id, number, query)}>{number}</Link>{" "}
                  <button
                    type="button"
                    className={styles.remove}
                    aria-label={`Leave out trial ${number}`}
                    onClick={() =>
                      put((next) => {
                        const left = readNumbers(next.get("trials")).filter((each) => each !== number);
                        next.set("trials", left.join(","));
                      })
                    }
                  >
                    ✕
                  </button>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {(isAll ? rows : different).map((row) => (
              <tr key={row.column.id}>
                <th scope="row" className={styles.name}>
                  {row.column.label}
                </th>
                {row.cells.map((_, place) => (
                  <td key={numbers[place]} data-different={(isAll && row.isDifferent) || undefined}>
                    <Cell row={row} place={place} />
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </Table>
      </Panel>
      {drawn.length > 0 ? (
        <Panel
          title="Learning curves"
          aside={drawn.length < lines.length ? `${drawn.length} of ${lines.length} have reported` : null}
        >
          <LinesChart
            label={`Learning curves of trials ${numbers.join(", ")}.`}
            lines={drawn}
            step="step"
            value={Object.keys(study.objectives)[0] ?? "value"}
            height={320}
          />
        </Panel>
      ) : null}
    </div>
  );
}

function Cell({ row, place }: { row: CompareRow; place: number }) {
  const value = row.cells[place] ?? null;
  const { id, group } = row.column;
  if (value === null) return <span className={styles.none}>–</span>;
  if (id === "state") return <StateBadge state={String(value)} />;
  if (id === "duration" || id.endsWith("_seconds")) return formatDuration(Number(value));
  if (group !== "objective") return formatCell(value);
  const text = formatNumber(Number(value), 5);
  return row.best.includes(place) ? <b title="the best of these">{text} ★</b> : text;
}
