import { useAddress } from "../../address";

/** One choice of the page, kept in its address; a default leaves no trace there. */
export function useChoice<T extends string>(
  name: string,
  allowed: readonly T[],
  fallback: T,
): [T, (value: T) => void] {
  const [query, change] = useAddress();
  const asked = query.get(name);
  const value = allowed.find((each) => each === asked) ?? fallback;
  const put = (changed: T) =>
    change((now) => {
      if (changed === fallback) now.delete(name);
      else now.set(name, changed);
      return now;
    });
  return [value, put];
}
