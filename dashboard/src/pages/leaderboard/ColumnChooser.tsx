import { useState } from "react";
import { Button } from "../../components/Button";
import { Popover } from "../../components/Popover";
import type { CellColumn, CellGroup } from "../../trials/cells";
import styles from "./ColumnChooser.module.css";

interface ColumnChooserProps {
  all: readonly CellColumn[];
  shown: readonly string[];
  isUsual: boolean;
  /** Null: the usual ones. */
  onChange: (ids: string[] | null) => void;
}

const GROUPS: readonly [CellGroup, string][] = [
  ["trial", "Trial"],
  ["objective", "Objectives"],
  ["parameter", "Parameters"],
  ["metric", "Metrics"],
];

/** Which columns are shown; of many, those whose name holds what is typed. */
export function ColumnChooser({ all, shown, isUsual, onChange }: ColumnChooserProps) {
  const [search, setSearch] = useState("");
  const found = all.filter((column) => column.label.toLowerCase().includes(search.toLowerCase()));
  const put = (ids: readonly string[], isShown: boolean) =>
    onChange(
      isShown ? [...new Set([...shown, ...ids])] : shown.filter((id) => id === "number" || !ids.includes(id)),
    );
  return (
    <Popover label={`Columns ${shown.length} of ${all.length}`}>
      <div className={styles.chooser}>
        <input
          type="search"
          aria-label="Search columns"
          placeholder="Search columns"
          value={search}
          onChange={(event) => setSearch(event.target.value)}
        />
        <Button kind="quiet" disabled={isUsual} onClick={() => onChange(null)}>
          Usual columns
        </Button>
        {GROUPS.map(([group, title]) => {
          const columns = found.filter((column) => column.group === group);
          const ids = columns.map((column) => column.id);
          if (columns.length === 0) return null;
          return (
            <fieldset key={group} className={styles.group}>
              <legend>
                {title}
                <button type="button" onClick={() => put(ids, true)}>
                  all
                </button>
                <button type="button" onClick={() => put(ids, false)}>
                  none
                </button>
              </legend>
              {columns.map((column) => (
                <label key={column.id} className={styles.choice}>
                  <input
                    type="checkbox"
                    checked={shown.includes(column.id)}
                    disabled={column.id === "number"}
                    onChange={(event) => put([column.id], event.target.checked)}
                  />
                  {column.label}
                </label>
              ))}
            </fieldset>
          );
        })}
      </div>
    </Popover>
  );
}
