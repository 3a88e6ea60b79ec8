/** How much of the trials a drawing over some parameters can show. */
import { formatCount } from "../../../format/numbers";
import type { Axis } from "../../../trials/axes";

/** `in 120 of 300 trials`, where some trials do not have the parameters; otherwise nothing. */
export function presenceWords(axes: readonly Axis[], numbers: readonly number[]): string {
  const count = numbers.filter((number) => axes.every((axis) => axis.has(number))).length;
  if (count === numbers.length) return "";
  return `in ${count.toLocaleString("en-US")} of ${formatCount(numbers.length, "trial")}`;
}
