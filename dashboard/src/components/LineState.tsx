import type { StreamState } from "../api/stream";
import styles from "./LineState.module.css";

const WORDS: Record<StreamState, string> = {
  live: "live",
  connecting: "connecting…",
  offline: "server does not answer; trying again",
  hidden: "paused",
};

/** Whether what is shown is what there is. */
export function LineState({ state }: { state: StreamState }) {
  return (
    <span className={styles.line} data-state={state} role="status">
      {WORDS[state]}
    </span>
  );
}
