import { useCallback, useMemo } from "react";
import { useSearchParams } from "react-router";
import { type Layout, readLayout, writeLayout } from "./layout";

/** The leaderboard's layout in the page's address, and how to change it. */
export function useLayout(): [Layout, (change: (layout: Layout) => Partial<Layout>) => void] {
  const [query, setQuery] = useSearchParams();
  const text = query.toString();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text says all that the query does.
  const layout = useMemo(() => readLayout(query), [text]);
  const change = useCallback(
    (make: (layout: Layout) => Partial<Layout>) =>
      setQuery(
        (now) => {
          const before = readLayout(now);
          return writeLayout(now, { ...before, ...make(before) });
        },
        { replace: true, preventScrollReset: true },
      ),
    [setQuery],
  );
  return [layout, change];
}
