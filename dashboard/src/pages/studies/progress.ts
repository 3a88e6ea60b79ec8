/** How far a study has come, and how long it will take. */
import type { Schemas } from "../../api/client";

type Study = Pick<Schemas["StudyResource"], "budget" | "num_counted" | "used_seconds" | "state">;

export interface Progress {
  /** Share of the budget that is spent, from 0 to 1; null: it has none. */
  share: number | null;
  /** Seconds until it ends, as far as one can tell; null: it does not run, or nobody can. */
  secondsLeft: number | null;
}

/** By time where the study has a time budget, else by trials; whichever ends it first. */
export function progressOf(study: Study): Progress {
  const { trials, seconds } = study.budget;
  const shares: number[] = [];
  const left: number[] = [];
  if (seconds) {
    shares.push(study.used_seconds / seconds);
    left.push(Math.max(0, seconds - study.used_seconds));
  }
  if (trials) {
    shares.push(study.num_counted / trials);
    if (study.num_counted > 0) {
      left.push((study.used_seconds / study.num_counted) * Math.max(0, trials - study.num_counted));
    }
  }
  return {
    share: shares.length > 0 ? Math.min(1, Math.max(...shares)) : null,
    secondsLeft: study.state === "running" && left.length > 0 ? Math.min(...left) : null,
  };
}
