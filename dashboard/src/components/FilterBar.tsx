import { memo, useMemo } from "react";
import { formatCount } from "../format/numbers";
import type { View } from "../pages/study/useView";
import { brushWords, withoutBrush, withState } from "../trials/changeFilter";
import { isFiltering, NO_FILTER } from "../trials/filter";
import type { TrialState } from "../trials/table";
import { Button } from "./Button";
import { Choice } from "./Choice";
import styles from "./FilterBar.module.css";
import { StateBadge } from "./StateBadge";

const ORDER: readonly TrialState[] = ["completed", "pruned", "running", "waiting", "failed", "cancelled"];
const SHARES = ["50", "25", "10", "5", "1"];

type FilterBarProps = Pick<View, "table" | "shown" | "filter" | "changeFilter">;

/** The one filter of a study's charts and tables: what it lets through, and how to change it. */
export const FilterBar = memo(function FilterBar({ table, shown, filter, changeFilter }: FilterBarProps) {
  const counts = useMemo(() => countStates(table.states), [table.states]);
  const present = ORDER.filter((state) => counts.has(state) || filter.states?.includes(state));
  const best = filter.best === null ? "" : String(filter.best);
  const shares = SHARES.includes(best) || best === "" ? SHARES : [best, ...SHARES];
  return (
    <section className={styles.bar} aria-label="Filter">
      <fieldset className={styles.group} style={{ border: "none", padding: 0, margin: 0 }}>
        <legend className="visually-hidden">States</legend>
        {present.map((state) => (
          <button
            key={state}
            type="button"
            className={styles.state}
            aria-pressed={filter.states === null || filter.states.includes(state)}
            title={`Show or hide ${state} trials`}
            onClick={() => changeFilter((now) => withState(now, state, present))}
          >
            <StateBadge state={state} />
            <span className={styles.count}>{(counts.get(state) ?? 0).toLocaleString("en-US")}</span>
          </button>
        ))}
      </fieldset>
      <Choice
        label="Best"
        value={best}
        options={[
          { value: "", words: "all" },
          ...shares.map((share) => ({ value: share, words: `${share} % of completed` })),
        ]}
        onChange={(share) => changeFilter((now) => ({ ...now, best: share === "" ? null : Number(share) }))}
      />
      {Object.entries(filter.brushes).map(([axis, brush]) => (
        <span key={axis} className={styles.mark}>
          <span title={brushWords(axis, brush)}>{brushWords(axis, brush)}</span>
          <button
            type="button"
            className={styles.remove}
            aria-label={`Remove the filter ${brushWords(axis, brush)}`}
            onClick={() => changeFilter((now) => withoutBrush(now, axis))}
          >
            ×
          </button>
        </span>
      ))}
      {isFiltering(filter) ? (
        <Button kind="quiet" onClick={() => changeFilter(() => NO_FILTER)}>
          Clear
        </Button>
      ) : null}
      <span className={styles.total} role="status">
        {shown.length === table.size
          ? `all ${formatCount(table.size, "trial")}`
          : `${shown.length.toLocaleString("en-US")} of ${formatCount(table.size, "trial")}`}
      </span>
    </section>
  );
});

function countStates(states: readonly TrialState[]): Map<TrialState, number> {
  const counts = new Map<TrialState, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return counts;
}
