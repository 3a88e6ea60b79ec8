import type { TrialState } from "../trials/table";
import styles from "./CountsBar.module.css";

const ORDER: readonly TrialState[] = ["completed", "pruned", "failed", "cancelled", "running", "waiting"];

/** Trials by state: one bar, and the numbers for who cannot tell its colours. */
export function CountsBar({ counts }: { counts: Readonly<Partial<Record<TrialState, number>>> }) {
  const present = ORDER.filter((state) => (counts[state] ?? 0) > 0);
  const words =
    present.map((state) => `${(counts[state] ?? 0).toLocaleString("en-US")} ${state}`).join(", ") ||
    "no trials yet";
  return (
    <div className={styles.counts} title={words}>
      <svg className={styles.bar} viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true">
        {segments(present, counts).map(({ state, start, width }) => (
          <rect key={state} x={start} width={width} height={6} fill={`var(--state-${state})`} />
        ))}
      </svg>
      <span className={styles.words}>{words}</span>
    </div>
  );
}

function segments(states: readonly TrialState[], counts: Readonly<Partial<Record<TrialState, number>>>) {
  const total = states.reduce((sum, state) => sum + (counts[state] ?? 0), 0);
  let start = 0;
  return states.map((state) => {
    const width = (100 * (counts[state] ?? 0)) / total;
    const segment = { state, start, width };
    start += width;
    return segment;
  });
}
