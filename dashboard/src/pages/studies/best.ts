/** What several objectives have come to. */
import type { Schemas } from "../../api/client";

type Values = { values: Schemas["TrialResource"]["values"] };

/**
 * The best value of each objective, which some trial of the front has: the trial with the best one is beaten by none.
 *
 * @param front The trials that no other beats in every objective.
 */
export function bestOfEach(
  front: readonly Values[],
  objectives: Readonly<Record<string, Schemas["Direction"]>>,
): [objective: string, best: number | null][] {
  return Object.entries(objectives).map(([objective, direction]) => {
    const values = front.flatMap((trial) => trial.values?.[objective] ?? []);
    const best = values.reduce<number | null>(
      (known, value) =>
        known === null || (direction === "maximize" ? value > known : value < known) ? value : known,
      null,
    );
    return [objective, best];
  });
}
