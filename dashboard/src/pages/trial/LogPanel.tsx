import { useEffect, useRef, useState } from "react";
import { isMissing } from "../../api/client";
import { type Artifact, logOf, useLog } from "../../api/trial";
import { Panel } from "../../components/Panel";
import { Problem } from "../../components/Problem";
import { useStudyView } from "../study/StudyPage";
import styles from "./LogPanel.module.css";

interface LogPanelProps {
  number: number;
  /** Those of the trial, the log among them; undefined while nobody knows. */
  files: readonly Artifact[] | undefined;
}

/** What the training process of the latest attempt wrote; while it runs, as it writes. */
export function LogPanel({ number, files }: LogPanelProps) {
  const { table } = useStudyView();
  const file = files && logOf(files);
  const log = useLog(table.study, file);
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
        <>
          {file && (table.attempts[number] ?? 1) > 1 ? `attempt ${file.attempt}` : null}
          {isRunning ? (
            <label>
              <input
                type="checkbox"
                checked={isFollowing}
                onChange={(event) => setIsFollowing(event.target.checked)}
              />{" "}
              follow
            </label>
          ) : null}
        </>
      }
    >
      {log.isError && !isMissing(log.error) ? <Problem error={log.error} /> : null}
      {text === "" ? (
        <p className={styles.none}>
          {files === undefined || log.isFetching
            ? "Loading…"
            : `${isRunning ? "It has written nothing yet" : "It wrote nothing"}. Here stands what libraries print, their warnings, and why a training failed.`}
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
