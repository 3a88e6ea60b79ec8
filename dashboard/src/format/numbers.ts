/** Numbers as people read them: a few significant digits, and no more than were measured. */

/** A number with so many significant digits; very large and very small ones in powers of ten. */
export function formatNumber(value: number | null | undefined, digits = 4): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return value.toLocaleString("en-US");
  const size = Math.abs(value);
  const text =
    size !== 0 && (size >= 1e6 || size < 1e-3)
      ? shortExponent(value.toExponential(digits - 1))
      : String(Number(value.toPrecision(digits)));
  return text.replace("-", "−");
}

/** `1.200e-4` as `1.2e-4`. */
function shortExponent(text: string): string {
  return text.replace(/\.?0+e/, "e").replace("e+", "e");
}

/** A count with its noun. */
export function formatCount(count: number, noun: string, plural = `${noun}s`): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? noun : plural}`;
}

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** A size in the unit that fits. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? value : Number(value.toPrecision(3))} ${UNITS[unit]}`;
}

/** Any cell of a table: numbers short, the rest as it is. */
export function formatCell(value: string | number | boolean | null | undefined): string {
  return typeof value === "number"
    ? formatNumber(value)
    : value === null || value === undefined
      ? "–"
      : String(value);
}
