import { useSearchParams } from "react-router";

/** One choice of the page, kept in its address; a default leaves no trace there. */
export function useChoice<T extends string>(
  name: string,
  allowed: readonly T[],
  fallback: T,
): [T, (value: T) => void] {
  const [query, setQuery] = useSearchParams();
  const asked = query.get(name);
  const value = allowed.find((each) => each === asked) ?? fallback;
  const put = (changed: T) =>
    setQuery(
      (now) => {
        const next = new URLSearchParams(now);
        if (changed === fallback) next.delete(name);
        else next.set(name, changed);
        return next;
      },
      { replace: true },
    );
  return [value, put];
}
