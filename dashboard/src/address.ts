/** The page's address as the place where views keep what the reader has chosen. */
import { useCallback } from "react";
import { useNavigate, useSearchParams } from "react-router";

/** What the address will say when the router has caught up; null: what it says now. */
let asked: URLSearchParams | null = null;

/**
 * What the address says after its `?`, and how to change it.
 *
 * A change is given what all changes before it have made, those included that are not drawn yet: the router itself
 * hands out the address of the last drawing, so that of two changes in one handler the first would be lost. What a
 * change is given is its own to alter and to return.
 */
export function useAddress(): [
  query: URLSearchParams,
  change: (make: (now: URLSearchParams) => URLSearchParams) => void,
] {
  const [query] = useSearchParams();
  const navigate = useNavigate();
  const change = useCallback(
    async (make: (now: URLSearchParams) => URLSearchParams) => {
      const next = make(new URLSearchParams(asked ?? window.location.search));
      asked = next;
      await navigate({ search: next.toString() }, { replace: true, preventScrollReset: true });
      // Unless a later change is still on its way.
      if (asked === next) asked = null;
    },
    [navigate],
  );
  return [query, change];
}
