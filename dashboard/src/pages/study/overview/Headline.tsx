import { memo, type ReactNode, useMemo } from "react";
import { Link } from "react-router";
import { CountsBar } from "../../../components/CountsBar";
import { ProgressBar } from "../../../components/ProgressBar";
import { formatCount, formatNumber } from "../../../format/numbers";
import { formatDuration } from "../../../format/times";
import { progressOf } from "../../studies/progress";
import type { View } from "../useView";
import styles from "./Headline.module.css";
import { atWork, bestSoFar, improvement } from "./headline";

/** The numbers that one looks for first: the best, the budget, the trials, the workers. */
export const Headline = memo(function Headline({ view }: { view: View }) {
  const { study, table } = view;
  const { workers, running } = useMemo(() => atWork(table), [table]);
  return (
    <dl className={styles.figures}>
      <Best view={view} />
      <Budget view={view} />
      <Figure name="Trials" value={table.size.toLocaleString("en-US")}>
        <CountsBar counts={study.counts} />
      </Figure>
      <Figure name="At work" value={running === 0 ? "none" : formatCount(running, "trial")}>
        <span className={styles.more} title={workers.join(", ")}>
          {workers.length > 0
            ? `on ${formatCount(workers.length, "worker")}`
            : running > 0
              ? "asked for by a program of yours"
              : study.state === "running"
                ? "nobody has taken a trial"
                : `the study is ${study.state}`}
        </span>
      </Figure>
    </dl>
  );
});

function Figure({ name, value, children }: { name: ReactNode; value: ReactNode; children?: ReactNode }) {
  return (
    <div className={styles.figure}>
      <dt>{name}</dt>
      <dd className={styles.value}>{value}</dd>
      <dd>{children}</dd>
    </div>
  );
}

function Best({ view }: { view: View }) {
  const { study, table, objective, order } = view;
  const best = useMemo(() => bestSoFar(table, objective, order), [table, objective, order]);
  const gain = useMemo(
    () => (best === null ? null : improvement(study, table, objective, best)),
    [study, table, objective, best],
  );
  const name = `Best ${objective} so far (${study.objectives[objective]})`;
  if (best === null) {
    return (
      <Figure name={name} value="–">
        <span className={styles.more}>no trial has completed yet</span>
      </Figure>
    );
  }
  return (
    <Figure name={name} value={formatNumber(best.value)}>
      <span className={styles.more}>
        <Link to={`/studies/${study.id}/trials/${best.number}`}>trial {best.number}</Link>
        {gain === null ? null : (
          <>
            {" · "}
            <span className={gain.share !== null && gain.share > 0 ? styles.better : undefined}>
              {gain.share === null ? "" : `${formatNumber(100 * Math.abs(gain.share), 3)} % `}
              {gain.share !== null && gain.share < 0 ? "worse" : "better"}
            </span>{" "}
            than {gain.from} ({formatNumber(gain.value)})
          </>
        )}
      </span>
    </Figure>
  );
}

function Budget({ view }: { view: View }) {
  const { study } = view;
  const { trials, seconds } = study.budget;
  const { share, secondsLeft } = progressOf(study);
  const used = [
    trials ? `${study.num_counted.toLocaleString("en-US")} of ${formatCount(trials, "trial")}` : null,
    seconds ? `${formatDuration(study.used_seconds)} of ${formatDuration(seconds)}` : null,
  ].filter(Boolean);
  if (share === null) {
    return (
      <Figure name="Time used" value={formatDuration(study.used_seconds)}>
        <span className={styles.more}>no limit: it runs until it is cancelled</span>
      </Figure>
    );
  }
  return (
    <Figure name="Budget used" value={`${Math.floor(100 * share)} %`}>
      <ProgressBar
        share={share}
        words={secondsLeft === null ? used.join(", ") : `about ${formatDuration(secondsLeft)} left`}
      />
      {secondsLeft === null ? null : <div className={styles.more}>{used.join(", ")}</div>}
    </Figure>
  );
}
