/** Which metrics a study may be judged by. */
import type { Families } from "../../api/families";
import type { StudyOptions } from "../../api/options";

type Metric = StudyOptions["metrics"][number];

/** The metrics that fit what is predicted, the default first. */
export function metricsOf(
  options: StudyOptions | undefined,
  families: Families | undefined,
): readonly Metric[] {
  const task = families?.target?.task;
  if (options === undefined || !task) return [];
  const fitting = options.metrics.filter((metric) => metric.tasks.includes(task));
  return [
    ...fitting.filter((metric) => metric.name === families.metric),
    ...fitting.filter((metric) => metric.name !== families.metric),
  ];
}

/** A metric as a choice: with which way is better. */
export function metricWords(metric: Metric): string {
  return `${metric.name} ${metric.direction === "maximize" ? "↑" : "↓"}`;
}
