/** What the address says on the tabs of a study: all share a filter, the rest is each one's own. */
import { useEffect, useRef } from "react";
import { useLocation, useSearchParams } from "react-router";

/** By which objective the best are chosen is a part of the filter. */
const SHARED = ["states", "best", "brush", "objective"];

/** The part of an address that all views of a study share. */
export function sharedOf(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => SHARED.includes(name)));
}

/** The part that belongs to one view: its columns, its scales, the trials it compares. */
export function ownOf(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => !SHARED.includes(name)));
}

/**
 * What to write after the `?` of a tab's address: the filter as it is now, and what the tab itself said when it was left.
 *
 * @param root The path of the study.
 */
export function useTabAddress(root: string): (path: string) => string {
  const { pathname } = useLocation();
  const [query] = useSearchParams();
  const left = useRef(new Map<string, URLSearchParams>());
  useEffect(() => {
    left.current.set(pathname, ownOf(query));
  }, [pathname, query]);
  return (path) => {
    const to = path === "." ? root : `${root}/${path}`;
    const own = to === pathname ? ownOf(query) : (left.current.get(to) ?? []);
    return new URLSearchParams([...sharedOf(query), ...own]).toString();
  };
}
