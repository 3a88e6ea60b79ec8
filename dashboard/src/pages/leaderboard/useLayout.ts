import { useCallback, useMemo } from "react";
import { useAddress } from "../../address";
import { type Layout, readLayout, writeLayout } from "./layout";

/** The leaderboard's layout in the page's address, and how to change it. */
export function useLayout(): [Layout, (make: (layout: Layout) => Partial<Layout>) => void] {
  const [query, change] = useAddress();
  const text = query.toString();
  const layout = useMemo(() => readLayout(new URLSearchParams(text)), [text]);
  const put = useCallback(
    (make: (layout: Layout) => Partial<Layout>) =>
      change((now) => {
        const before = readLayout(now);
        return writeLayout(now, { ...before, ...make(before) });
      }),
    [change],
  );
  return [layout, put];
}
