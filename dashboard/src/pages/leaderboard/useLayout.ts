import { useCallback, useMemo, useRef } from "react";
import { useSearchParams } from "react-router";
import { type Layout, readLayout, writeLayout } from "./layout";

/** The leaderboard's layout in the page's address, and how to change it. */
export function useLayout(): [Layout, (change: (layout: Layout) => Partial<Layout>) => void] {
  const [query, setQuery] = useSearchParams();
  const text = query.toString();
  // The router hands out the address of the last drawing: two keys in a row would make one change of two.
  const latest = useRef(query);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text says all that the query does.
  const layout = useMemo(() => {
    latest.current = query;
    return readLayout(query);
  }, [text]);
  const put = useRef(setQuery);
  put.current = setQuery;
  const change = useCallback((make: (layout: Layout) => Partial<Layout>) => {
    const before = readLayout(latest.current);
    latest.current = writeLayout(latest.current, { ...before, ...make(before) });
    put.current(latest.current, { replace: true, preventScrollReset: true });
  }, []);
  return [layout, change];
}
