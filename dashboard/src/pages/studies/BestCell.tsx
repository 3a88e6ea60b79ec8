import { useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { useParetoFront } from "../../api/rankings";
import { formatNumber } from "../../format/numbers";
import { bestOfEach } from "./best";
import styles from "./StudiesTable.module.css";

type Study = Schemas["StudyResource"];

/** What a study has found: its best value, or how many trials are on the front of several objectives. */
export function BestCell({ study }: { study: Study }) {
  const objectives = Object.entries(study.objectives);
  const [only] = objectives;
  if (objectives.length > 1 || only === undefined) return <FrontCell study={study} />;
  return (
    <>
      <span className={styles.best}>{formatNumber(study.best_value)}</span>
      <span className={styles.what}>
        {only[0]} <Arrow direction={only[1]} />
      </span>
    </>
  );
}

/** The front of a study, which takes the service some work: asked for when the row is on the screen. */
function FrontCell({ study }: { study: Study }) {
  const place = useRef<HTMLSpanElement>(null);
  const isSeen = useSeen(place);
  const hasAny = (study.counts.completed ?? 0) > 0;
  const front = useParetoFront(study, isSeen && hasAny);
  const trials = hasAny ? front.data?.items : [];
  return (
    <>
      <span ref={place} className={styles.best}>
        {hasAny ? wordsOf(trials?.length, front.isError) : "–"}
      </span>
      {bestOfEach(trials ?? [], study.objectives).map(([objective, best]) => (
        <span key={objective} className={styles.what}>
          {objective} <Arrow direction={study.objectives[objective]} />
          {best === null ? null : ` ${formatNumber(best)} at best`}
        </span>
      ))}
    </>
  );
}

function wordsOf(numTrials: number | undefined, isError: boolean): string {
  if (numTrials === undefined) return isError ? "–" : "…";
  return numTrials === 0 ? "none feasible" : `Pareto front of ${numTrials.toLocaleString("en-US")}`;
}

function Arrow({ direction }: { direction: Schemas["Direction"] | undefined }) {
  return (
    <>
      {direction === "maximize" ? "↑" : "↓"}
      <span className="visually-hidden">{direction}</span>
    </>
  );
}

/** Whether it has been on the screen. */
function useSeen(place: { current: Element | null }): boolean {
  const [isSeen, setIsSeen] = useState(false);
  useEffect(() => {
    if (isSeen || place.current === null) return;
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) setIsSeen(true);
    });
    observer.observe(place.current);
    return () => observer.disconnect();
  }, [isSeen, place]);
  return isSeen;
}
