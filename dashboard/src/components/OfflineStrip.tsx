import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useSyncExternalStore } from "react";
import { send } from "../api/client";
import { unreachable } from "../api/signal";
import styles from "./OfflineStrip.module.css";

const PAUSE_MS = 3_000;

/** Says that what is on the page may be old, while the server does not answer, and looks whether it is back. */
export function OfflineStrip() {
  const isUnreachable = useSyncExternalStore(unreachable.follow, unreachable.read);
  const queries = useQueryClient();
  useEffect(() => {
    if (!isUnreachable) return;
    const timer = setInterval(() => {
      send("GET", "/healthz").then(
        () => queries.invalidateQueries(),
        () => undefined,
      );
    }, PAUSE_MS);
    return () => clearInterval(timer);
  }, [isUnreachable, queries]);
  if (!isUnreachable) return null;
  return (
    <p className={styles.strip} role="status">
      The server does not answer. What you see is what it said last; this page looks again every few seconds.
    </p>
  );
}
