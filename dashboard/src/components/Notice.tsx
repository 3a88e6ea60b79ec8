import { type ReactNode, useEffect, useRef } from "react";
import { isMissing, OfflineError, ProblemError } from "../api/client";
import { Button } from "./Button";
import styles from "./Notice.module.css";

/** What stands where there is nothing: why, and what to do about it. */
export function Notice({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <section className={styles.notice}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}

const RETRY_PAUSE_MS = 3_000;

interface ErrorNoticeProps {
  error: unknown;
  onRetry?: () => void;
  /** Where to go from what is not there: asking again would not help. */
  back?: ReactNode;
}

/** What stands where something could not be had; while the server does not answer it asks again by itself. */
export function ErrorNotice({ error, onRetry, back }: ErrorNoticeProps) {
  const isOffline = error instanceof OfflineError;
  const retry = useRef(onRetry);
  retry.current = onRetry;
  useEffect(() => {
    if (!isOffline) return;
    const timer = setInterval(() => retry.current?.(), RETRY_PAUSE_MS);
    return () => clearInterval(timer);
  }, [isOffline]);
  return (
    <section className={styles.notice} role="alert">
      <h2>{isOffline ? "The server does not answer" : titleOf(error)}</h2>
      <p>{isOffline ? "It may be restarting. This page tries again by itself." : detailOf(error)}</p>
      {error instanceof ProblemError && error.problem.hint ? (
        <p className={styles.hint}>{error.problem.hint}</p>
      ) : null}
      {back && isMissing(error) ? back : onRetry ? <Button onClick={onRetry}>Try again</Button> : null}
    </section>
  );
}

/** What stands where something is on its way. */
export function Loading({ what }: { what: string }) {
  return (
    <p className={styles.loading} role="status">
      <span aria-hidden="true" className={styles.spinner} />
      Loading {what}…
    </p>
  );
}

function titleOf(error: unknown): string {
  return error instanceof ProblemError ? error.problem.title : "Something went wrong in this page";
}

function detailOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
