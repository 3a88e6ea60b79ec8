import { useEffect, useState } from "react";

const SECOND_MS = 1_000;

/**
 * Seconds since the study was created, going on second by second while something runs.
 *
 * @param least The last instant that the service told of: this clock may be behind the service's.
 */
export function useNow(createdAt: string, isRunning: boolean, least: number): number {
  const [now, setNow] = useState(() => secondsSince(createdAt));
  useEffect(() => {
    if (!isRunning) return;
    setNow(secondsSince(createdAt));
    const timer = setInterval(() => {
      if (!document.hidden) setNow(secondsSince(createdAt));
    }, SECOND_MS);
    return () => clearInterval(timer);
  }, [createdAt, isRunning]);
  return isRunning ? Math.max(now, least) : least;
}

function secondsSince(instant: string): number {
  return (Date.now() - Date.parse(instant)) / 1000;
}
