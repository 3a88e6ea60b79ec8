import { useCallback, useMemo, useRef } from "react";
import { useSearchParams } from "react-router";
import { type Layout, readLayout, writeLayout } from "./layout";

/** The leaderboard's layout in the page's address, and how to change it. */
export function useLayout(): [Layout, (change: (layout: Layout) => Partial<Layout>) => void] {
  const [query, setQuery] = useSearchParams();
  const text = query.toString();
  // The router hands out the address of the last drawing: of keys pressed in a row, changes would be lost.
  const latest = useRef(query);
  const onTheirWay = useRef<string[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text says all that the query does.
  const layout = useMemo(() => {
    const place = onTheirWay.current.indexOf(text);
    if (place < 0) latest.current = query;
    onTheirWay.current = place < 0 ? [] : onTheirWay.current.slice(place + 1);
    return readLayout(query);
  }, [text]);
  const put = useRef(setQuery);
  put.current = setQuery;
  const change = useCallback((make: (layout: Layout) => Partial<Layout>) => {
    const before = readLayout(latest.current);
    latest.current = writeLayout(latest.current, { ...before, ...make(before) });
    onTheirWay.current.push(latest.current.toString());
    put.current(latest.current, { replace: true, preventScrollReset: true });
  }, []);
  return [layout, change];
}
