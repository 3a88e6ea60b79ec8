import styles from "./StateBadge.module.css";

/** Shapes beside colours: states must be told apart without seeing colours. */
const SIGNS: Record<string, string> = {
  waiting: "○",
  running: "▶",
  completed: "✓",
  pruned: "✂",
  failed: "✕",
  cancelled: "⊘",
  paused: "❚❚",
};

/** The state of a trial or a study. */
export function StateBadge({ state, title }: { state: string; title?: string | undefined }) {
  return (
    <span className={styles.badge} data-state={state} title={title}>
      <span aria-hidden="true" className={styles.sign}>
        {SIGNS[state] ?? "•"}
      </span>
      {state}
    </span>
  );
}
