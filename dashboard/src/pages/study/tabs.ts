/** What the address says on the tabs of a study. */
import { useEffect, useRef } from "react";
import { useLocation, useSearchParams } from "react-router";
import { ownOf, sharedOf } from "../../trials/address";

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
