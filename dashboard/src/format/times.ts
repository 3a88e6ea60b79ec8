/** Times in the reader's own zone, and durations as people say them. */

/** `12 s`, `3 min 20 s`, `2 h 5 min`, `3 d 4 h`. */
export function formatDuration(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return "–";
  if (seconds < 0.9995) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${Number(seconds.toFixed(1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return joined(minutes, "min", whole % 60, "s");
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return joined(hours, "h", minutes % 60, "min");
  return joined(Math.floor(hours / 24), "d", hours % 24, "h");
}

function joined(large: number, unit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${large} ${unit}` : `${large} ${unit} ${small} ${smallUnit}`;
}

/** An instant in the reader's zone. */
export function formatInstant(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

/** The same instant in UTC, for the hover text. */
export function formatUtc(iso: string): string {
  return `${new Date(iso).toISOString().slice(0, 19).replace("T", " ")} UTC`;
}

const STEPS = [
  { below: 60, seconds: 1, unit: "second" },
  { below: 3_600, seconds: 60, unit: "minute" },
  { below: 86_400, seconds: 3_600, unit: "hour" },
  { below: Number.POSITIVE_INFINITY, seconds: 86_400, unit: "day" },
] as const;

/** `3 minutes ago`. */
export function formatAgo(iso: string, now: number = Date.now()): string {
  const age = Math.max(0, (now - Date.parse(iso)) / 1000);
  if (age < 5) return "just now";
  const step = STEPS.find((each) => age < each.below) ?? STEPS[3];
  const count = Math.floor(age / step.seconds);
  return `${count} ${step.unit}${count === 1 ? "" : "s"} ago`;
}
