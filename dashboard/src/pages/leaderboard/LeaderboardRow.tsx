import { memo, type ReactNode } from "react";
import { Link, type To } from "react-router";
import { StateBadge } from "../../components/StateBadge";
import { formatCell, formatNumber } from "../../format/numbers";
import { formatDuration } from "../../format/times";
import { type CellColumn, standardErrorOf } from "../../trials/cells";
import type { TrialTable } from "../../trials/table";
import styles from "./LeaderboardTable.module.css";

interface LeaderboardRowProps {
  table: TrialTable;
  columns: readonly CellColumn[];
  number: number;
  place: number;
  /** In pixels from the first row. */
  top: number;
  template: string;
  isMarked: boolean;
  isCurrent: boolean;
  onMark: (number: number) => void;
  onPoint: (place: number) => void;
  linkTo: (number: number) => To;
}

/** One trial of the leaderboard. */
export const LeaderboardRow = memo(Row, (before, after) => {
  // What is called does the same in every drawing; comparing it would draw every row at every key.
  return (
    before.table === after.table &&
    before.columns === after.columns &&
    before.number === after.number &&
    before.place === after.place &&
    before.top === after.top &&
    before.template === after.template &&
    before.isMarked === after.isMarked &&
    before.isCurrent === after.isCurrent
  );
});

function Row(props: LeaderboardRowProps) {
  const { table, columns, number, place, top, template, isMarked, isCurrent } = props;
  return (
    <tr
      aria-rowindex={place + 2}
      aria-current={isCurrent || undefined}
      className={styles.row}
      data-marked={isMarked || undefined}
      style={{ gridTemplateColumns: template, transform: `translateY(${top}px)` }}
      onClick={() => props.onPoint(place)}
    >
      <td className={styles.mark}>
        <input
          type="checkbox"
          aria-label={`Mark trial ${number}`}
          checked={isMarked}
          onChange={() => props.onMark(number)}
        />
      </td>
      {columns.map((column) => (
        <td
          key={column.id}
          data-number={column.isNumber || undefined}
          className={column.id === "number" ? styles.fixed : undefined}
        >
          {column.id === "number" ? (
            <Link to={props.linkTo(number)}>{number}</Link>
          ) : (
            contentOf(table, column, number)
          )}
        </td>
      ))}
    </tr>
  );
}

function contentOf(table: TrialTable, column: CellColumn, number: number): ReactNode {
  const value = column.cell(number);
  if (column.id === "state") {
    return <StateBadge state={String(value)} title={table.failures[number] ?? undefined} />;
  }
  if (column.id === "duration") return formatDuration(value as number | null);
  if (column.group === "objective") return <Value table={table} column={column} number={number} />;
  const text = formatCell(value);
  return typeof value === "string" ? <span title={value}>{text}</span> : text;
}

/** A value with its uncertainty; of a trial that has not come to one, what it reported last. */
function Value({ table, column, number }: { table: TrialTable; column: CellColumn; number: number }) {
  const value = column.cell(number) as number | null;
  const isFirst = Object.keys(table.values)[0] === column.label;
  const last = isFirst ? (table.lastValues[number] ?? null) : null;
  const error = isFirst ? standardErrorOf(table, number) : null;
  if (value === null) {
    return last === null ? "–" : <span className={styles.last}>{formatNumber(last)} so far</span>;
  }
  return (
    <>
      <b>{formatNumber(value)}</b>
      {error === null ? null : (
        <span className={styles.error} title="standard error">
          {" "}
          ± {formatNumber(error, 2)}
        </span>
      )}
    </>
  );
}
