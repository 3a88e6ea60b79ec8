import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import type { To } from "react-router";
import type { Study } from "../../api/study";
import type { CellColumn } from "../../trials/cells";
import type { TrialTable } from "../../trials/table";
import { LeaderboardRow } from "./LeaderboardRow";
import styles from "./LeaderboardTable.module.css";
import type { Layout } from "./layout";
import { gridOf } from "./widths";

interface LeaderboardTableProps {
  study: Study;
  table: TrialTable;
  numbers: readonly number[];
  columns: readonly CellColumn[];
  sort: Layout["sort"];
  marked: ReadonlySet<number>;
  /** The place of the row that keys act on. */
  cursor: number;
  onSort: (id: string) => void;
  onMark: (number: number) => void;
  onPoint: (place: number) => void;
  linkTo: (number: number) => To;
}

const ROW_PX = 34;

/** The rows of a leaderboard. Only those in sight are in the page, however many there are. */
export function LeaderboardTable(props: LeaderboardTableProps) {
  const { study, numbers, columns, sort, cursor, onSort } = props;
  const frame = useRef<HTMLElement>(null);
  const rows = useVirtualizer({
    count: numbers.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    scrollPaddingStart: ROW_PX,
  });
  const hasMoved = useRef(false);
  useEffect(() => {
    // At first the page stays where it is.
    if (hasMoved.current) rows.scrollToIndex(cursor);
    hasMoved.current = true;
  }, [cursor, rows]);
  const { template, minWidth } = useMemo(() => gridOf(columns), [columns]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <section ref={frame} className={styles.frame} aria-label="Trials" tabIndex={0}>
      <table
        className={styles.table}
        style={{ minWidth }}
        aria-rowcount={numbers.length + 1}
        aria-colcount={columns.length + 1}
      >
        <thead className={styles.head}>
          <tr aria-rowindex={1} style={{ gridTemplateColumns: template }}>
            <th scope="col" className={styles.mark}>
              <span className="visually-hidden">marked</span>
            </th>
            {columns.map((column) => (
              <th
                key={column.id}
                scope="col"
                aria-sort={
                  sort?.id !== column.id ? undefined : sort.isDescending ? "descending" : "ascending"
                }
                className={column.id === "number" ? styles.fixed : undefined}
              >
                <button
                  type="button"
                  // All parameters in one line have no order that means anything.
                  disabled={column.id === "params"}
                  data-number={column.isNumber || undefined}
                  title={`Sort by ${column.label}`}
                  onClick={() => onSort(column.id)}
                >
                  <span className={styles.label}>{column.label}</span>
                  <Sign sign={signOf(study, column, sort)} />
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody className={styles.rows} style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => (
            <LeaderboardRow
              key={numbers[index]}
              {...props}
              number={numbers[index] ?? 0}
              place={index}
              top={start}
              template={template}
              isMarked={props.marked.has(numbers[index] ?? -1)}
              isCurrent={index === cursor}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The order it is sorted in; of an objective otherwise which way is better. */
function signOf(study: Study, column: CellColumn, sort: Layout["sort"]): string {
  if (sort?.id === column.id) return sort.isDescending ? "▼" : "▲";
  if (column.group !== "objective") return "";
  return study.objectives[column.label] === "maximize" ? "↑" : "↓";
}

function Sign({ sign }: { sign: string }) {
  if (sign === "") return null;
  return (
    <span aria-hidden="true" className={styles.sign}>
      {sign}
    </span>
  );
}
