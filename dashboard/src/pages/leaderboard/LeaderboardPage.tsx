import { useMemo, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { Button } from "../../components/Button";
import { Menu } from "../../components/Menu";
import { Notice } from "../../components/Notice";
import { useKeys } from "../../components/useKeys";
import { download, fileName } from "../../format/download";
import { formatCount } from "../../format/numbers";
import { sharedOf } from "../../trials/address";
import { type CellColumn, cellColumns, sortedBy, usualColumns } from "../../trials/cells";
import { csvOf, jsonOf } from "../../trials/export";
import { isFiltering, NO_FILTER } from "../../trials/filter";
import { useStudyView } from "../study/StudyPage";
import { ColumnChooser } from "./ColumnChooser";
import styles from "./LeaderboardPage.module.css";
import { LeaderboardTable } from "./LeaderboardTable";
import { MOST_MARKED, sortAfterClick } from "./layout";
import { useLayout } from "./useLayout";

/** All trials, best first, as rows: to sort, mark, compare and take away. */
export function LeaderboardPage() {
  const { study, table, order, shown, filter, changeFilter } = useStudyView();
  const [layout, change] = useLayout();
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const [cursor, setCursor] = useState(0);
  const all = useMemo(() => cellColumns(study, table, order), [study, table, order]);
  const usual = useMemo(() => usualColumns(study, table), [study, table]);
  const columns = useMemo(() => chosen(all, layout.columns ?? usual), [all, layout.columns, usual]);
  const sorter = layout.sort && all.find((column) => column.id === layout.sort?.id);
  const isDescending = layout.sort?.isDescending ?? false;
  const numbers = useMemo(
    () => (sorter ? sortedBy(shown, sorter, isDescending) : shown),
    [shown, sorter, isDescending],
  );
  const marked = useMemo(() => new Set(layout.marked), [layout.marked]);

  const open = (number: number) =>
    navigate({ pathname: `/studies/${study.id}/trials/${number}`, search: query.toString() });
  const compare = () => {
    if (marked.size < 2) return;
    const search = sharedOf(query);
    search.set("trials", layout.marked.join(","));
    navigate({ pathname: `/studies/${study.id}/compare`, search: search.toString() });
  };
  const mark = (number: number) =>
    change(({ marked: now }) => ({
      marked: now.includes(number)
        ? now.filter((each) => each !== number)
        : [...now, number].slice(-MOST_MARKED),
    }));
  const move = (by: number) => setCursor((now) => Math.min(numbers.length - 1, Math.max(0, now + by)));
  const current = numbers[Math.min(cursor, numbers.length - 1)];
  useKeys({
    j: () => move(1),
    k: () => move(-1),
    enter: () => current !== undefined && open(current),
    x: () => current !== undefined && mark(current),
    c: compare,
  });

  if (table.size === 0) {
    return (
      <Notice title="No trials yet">
        <p>They are listed here as soon as a worker, or your own training, asks for one.</p>
      </Notice>
    );
  }
  const take = (type: "csv" | "json") => {
    const text = type === "csv" ? csvOf(all, numbers) : jsonOf(all, numbers);
    download(`${fileName(study.name)}.${type}`, type === "csv" ? "text/csv" : "application/json", text);
  };
  return (
    <section aria-label="Leaderboard">
      <div className={styles.tools}>
        <span className={styles.count}>
          {numbers.length === table.size
            ? formatCount(table.size, "trial")
            : `${numbers.length.toLocaleString("en-US")} of ${formatCount(table.size, "trial")}`}
        </span>
        <Button kind={marked.size > 1 ? "primary" : "normal"} disabled={marked.size < 2} onClick={compare}>
          Compare{marked.size > 0 ? ` ${marked.size}` : ""}
        </Button>
        {marked.size > 0 ? (
          <Button kind="quiet" onClick={() => change(() => ({ marked: [] }))}>
            Unmark all
          </Button>
        ) : null}
        <ColumnChooser
          all={all}
          shown={columns.map((column) => column.id)}
          isUsual={layout.columns === null}
          onChange={(ids) => change(() => ({ columns: ids }))}
        />
        <Menu
          label="Export"
          items={[
            { label: `CSV, ${formatCount(numbers.length, "trial")}`, onChoose: () => take("csv") },
            { label: `JSON, ${formatCount(numbers.length, "trial")}`, onChoose: () => take("json") },
          ]}
          note="The trials shown, with all columns, in this order. Numbers have six significant digits."
        />
      </div>
      {numbers.length === 0 && isFiltering(filter) ? (
        <Notice title="No trial passes the filter">
          <Button onClick={() => changeFilter(() => NO_FILTER)}>Show all trials</Button>
        </Notice>
      ) : (
        <LeaderboardTable
          study={study}
          table={table}
          numbers={numbers}
          columns={columns}
          sort={layout.sort}
          marked={marked}
          cursor={Math.min(cursor, numbers.length - 1)}
          onSort={(id) => change(({ sort }) => ({ sort: sortAfterClick(sort, id) }))}
          onMark={mark}
          onPoint={setCursor}
          linkTo={(number) => ({
            pathname: `/studies/${study.id}/trials/${number}`,
            search: query.toString(),
          })}
        />
      )}
      <p className={styles.keys}>
        <kbd>j</kbd> <kbd>k</kbd> move · <kbd>Enter</kbd> open · <kbd>x</kbd> mark · <kbd>c</kbd> compare ·{" "}
        <kbd>?</kbd> all keys
      </p>
    </section>
  );
}

function chosen(all: readonly CellColumn[], ids: readonly string[]): CellColumn[] {
  const wanted = new Set(ids);
  return all.filter((column) => wanted.has(column.id));
}
