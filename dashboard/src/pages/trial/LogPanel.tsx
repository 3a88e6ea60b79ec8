import { useEffect, useRef, useState } from "react";
import { isMissing } from "../../api/client";
import { useLog } from "../../api/trial";
import { Panel } from "../../components/Panel";
import { Problem } from "../../components/Problem";
import { useStudyView } from "../study/StudyPage";
import styles from "./LogPanel.module.css";

/** What the training process of the latest attempt wrote; while it runs, as it writes. */
export function LogPanel({ number }: { number: number }) {
  const { table } = useStudyView();
  const log = useLog(table, number);
  const [isFollowing, setIsFollowing] = useState(true);
  const frame = useRef<HTMLPreElement>(null);
  const text = log.data ?? "";
  // biome-ignore lint/correctness/useExhaustiveDependencies: it scrolls because the text has grown.
  useEffect(() => {
    if (isFollowing && frame.current) frame.current.scrollTop = frame.current.scrollHeight;
  }, [text, isFollowing]);
  const isRunning = table.states[number] === "running";
  return (
    <Panel
      title="Log"
      aside={
        isRunning ? (
          <label>
            <input
              type="checkbox"
              checked={isFollowing}
              onChange={(event) => setIsFollowing(event.target.checked)}
            />{" "}
            follow
          </label>
        ) : null
      }
    >
      {log.isError && !isMissing(log.error) ? <Problem error={log.error} /> : null}
      {text === "" ? (
        <p className={styles.none}>
          {log.isPending ? "Loading…" : isRunning ? "It has written nothing yet." : "It wrote nothing."}
        </p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
        <pre ref={frame} className={styles.log} tabIndex={0}>
          {text}
        </pre>
      )}
    </Panel>
  );
}
