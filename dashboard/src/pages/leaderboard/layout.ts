/** What the address of a leaderboard says: its columns, its order and the trials that are marked. */
export interface Layout {
  /** Ids of columns; null: the usual ones. */
  columns: readonly string[] | null;
  /** The column that it is sorted by; null: by rank. */
  sort: { id: string; isDescending: boolean } | null;
  marked: readonly number[];
}

/** The most trials that can be compared. */
export const MOST_MARKED = 8;

export function readLayout(query: URLSearchParams): Layout {
  const columns = query.getAll("column");
  const sort = query.get("sort");
  return {
    columns: columns.length === 0 ? null : columns,
    sort:
      sort === null || sort === ""
        ? null
        : { id: sort.replace(/^-/, ""), isDescending: sort.startsWith("-") },
    marked: readNumbers(query.get("marked")),
  };
}

/** Trial numbers such as `3,14`; what is no number is left out. */
export function readNumbers(text: string | null): number[] {
  const numbers = (text ?? "")
    .split(",")
    .filter((part) => /^\d{1,9}$/.test(part))
    .map(Number);
  return [...new Set(numbers)].slice(0, MOST_MARKED);
}

export function writeLayout(query: URLSearchParams, layout: Layout): URLSearchParams {
  const written = new URLSearchParams(query);
  for (const name of ["column", "sort", "marked"]) written.delete(name);
  for (const id of layout.columns ?? []) written.append("column", id);
  if (layout.sort !== null) written.set("sort", `${layout.sort.isDescending ? "-" : ""}${layout.sort.id}`);
  if (layout.marked.length > 0) written.set("marked", layout.marked.join(","));
  return written;
}

/** What a click on the head of a column makes of the order: up, down, and back to the ranks. */
export function sortAfterClick(sort: Layout["sort"], id: string): Layout["sort"] {
  if (sort?.id !== id) return { id, isDescending: false };
  return sort.isDescending ? null : { id, isDescending: true };
}
