import type { CellColumn } from "../../trials/cells";

/** How wide a column is at least, and its part of what is left over. */
interface Width {
  rem: number;
  share: number;
}

const WIDTHS: Readonly<Record<string, Width>> = {
  rank: { rem: 4.25, share: 0 },
  number: { rem: 4.75, share: 0 },
  state: { rem: 8, share: 0 },
  params: { rem: 22, share: 3 },
  "param:model": { rem: 10, share: 1 },
  note: { rem: 12, share: 1 },
  worker: { rem: 8, share: 1 },
};
const OBJECTIVE: Width = { rem: 10.5, share: 1 };
const MARK_REM = 2.25;

/** The columns of the grid, and the width below which the table scrolls: every row lays itself out, all the same. */
export function gridOf(columns: readonly CellColumn[]): { template: string; minWidth: string } {
  const widths = columns.map(widthOf);
  const tracks = widths.map(({ rem, share }) =>
    share === 0 ? `${rem}rem` : `minmax(${rem}rem, ${share}fr)`,
  );
  return {
    template: [`${MARK_REM}rem`, ...tracks].join(" "),
    minWidth: `${widths.reduce((sum, { rem }) => sum + rem, MARK_REM)}rem`,
  };
}

function widthOf(column: CellColumn): Width {
  if (column.group === "objective") return OBJECTIVE;
  const letters = Math.min(22, Math.max(8, column.label.length + 3));
  return WIDTHS[column.id] ?? { rem: 0.55 * letters, share: 1 };
}
