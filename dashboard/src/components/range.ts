/** Where numbers stand in a range, as drawings need it. */

/** Where a value stands in a range, from 0 to 1. */
export function shareOf(value: number, low: number, high: number, log: boolean): number {
  const share = log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low);
  return Math.min(1, Math.max(0, share));
}

/** Powers of ten on a logarithmic scale, quarters on a linear one. */
export function ticksOf(low: number, high: number, log: boolean): number[] {
  if (!log) return [0.25, 0.5, 0.75].map((share) => low + share * (high - low));
  const first = Math.floor(Math.log10(low)) + 1;
  const last = Math.ceil(Math.log10(high)) - 1;
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index));
}
