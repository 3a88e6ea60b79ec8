import type { Artifact, Measurement, Trial } from "../../api/trial";

export interface Attempt {
  attempt: number;
  numReports: number;
  lastStep: number | null;
  lastValue: number | null;
  numFiles: number;
  /** How it ended, in words. */
  fate: string;
}

/** The attempts of a trial, latest first: what each reported and left, and how it ended. */
export function attemptsOf(
  trial: Trial,
  measurements: readonly Measurement[],
  artifacts: readonly Artifact[],
): Attempt[] {
  return Array.from({ length: trial.attempt }, (_, place) => {
    const attempt = trial.attempt - place;
    const reports = measurements.filter((each) => each.attempt === attempt);
    const last = reports.reduce<Measurement | null>(
      (latest, each) => (latest === null || each.step > latest.step ? each : latest),
      null,
    );
    return {
      attempt,
      numReports: reports.length,
      lastStep: last?.step ?? null,
      lastValue: last?.value ?? null,
      numFiles: artifacts.filter((each) => each.attempt === attempt).length,
      fate: attempt === trial.attempt ? fateOf(trial) : "lost or given back, then tried again",
    };
  });
}

function fateOf(trial: Trial): string {
  if (trial.state === "waiting") return "waiting to be tried again";
  return trial.failure === null ? trial.state : `${trial.state}: ${trial.failure.replaceAll("_", " ")}`;
}

/** The learning curve of each attempt, latest first. */
export function curvesOf(measurements: readonly Measurement[]) {
  const attempts = [...new Set(measurements.map((each) => each.attempt))].sort((a, b) => b - a);
  return attempts.map((attempt) => ({
    name: `attempt ${attempt}`,
    points: measurements
      .filter((each) => each.attempt === attempt)
      .map((each) => [each.step, each.value] as const)
      .sort((a, b) => a[0] - b[0]),
  }));
}
