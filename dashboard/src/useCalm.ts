import { useEffect, useRef, useState } from "react";

/** A value that changes at most once in so many milliseconds; the last change is never lost. */
export function useCalm<T>(value: T, pauseMs: number): T {
  const [calm, setCalm] = useState(value);
  const changed = useRef(0);
  useEffect(() => {
    const left = changed.current + pauseMs - Date.now();
    const take = () => {
      changed.current = Date.now();
      setCalm(value);
    };
    if (left <= 0) {
      take();
      return;
    }
    const timer = setTimeout(take, left);
    return () => clearTimeout(timer);
  }, [value, pauseMs]);
  return pauseMs === 0 ? value : calm;
}
