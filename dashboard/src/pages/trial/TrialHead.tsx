import { useState } from "react";
import { Link, useNavigate, useSearchParams } from "react-router";
import { isAskable, type Trial, useEnqueue, useStop } from "../../api/trial";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Problem } from "../../components/Problem";
import { StateBadge } from "../../components/StateBadge";
import { useKeys } from "../../components/useKeys";
import { formatNumber } from "../../format/numbers";
import { useStudyView } from "../study/StudyPage";
import styles from "./TrialHead.module.css";
import { VariationDialog } from "./VariationDialog";

/** A trial's number, state and place, and what can be done with it. */
export function TrialHead({ trial }: { trial: Trial }) {
  const { study, order, shown, table } = useStudyView();
  const navigate = useNavigate();
  const [query] = useSearchParams();
  const [open, setOpen] = useState<"variation" | "stop" | null>(null);
  const retry = useEnqueue(study.id);
  const stop = useStop(study.id, trial.number);
  const isLive = trial.state === "running" || trial.state === "waiting";
  const rank = trial.state === "completed" ? order.indexOf(trial.number) + 1 : 0;
  const place = shown.indexOf(trial.number);
  const linkTo = (number: number | undefined) =>
    number === undefined
      ? null
      : { pathname: `/studies/${study.id}/trials/${number}`, search: query.toString() };
  const before = place > 0 ? linkTo(shown[place - 1]) : null;
  const after = place >= 0 ? linkTo(shown[place + 1]) : null;
  useKeys({ j: () => after && navigate(after), k: () => before && navigate(before) });
  const value = Object.values(trial.values ?? {})[0];

  return (
    <header className={styles.head}>
      <h2 className={styles.title}>Trial {trial.number}</h2>
      <StateBadge state={trial.state} title={trial.failure ?? undefined} />
      {value === undefined ? null : <b className={styles.value}>{formatNumber(value, 5)}</b>}
      {rank > 0 ? (
        <span className={styles.muted}>
          rank {rank.toLocaleString("en-US")} of {table.size.toLocaleString("en-US")}
        </span>
      ) : null}
      <nav aria-label="Neighbours on the leaderboard" className={styles.neighbours}>
        {before ? <Link to={before}>← better</Link> : null}
        <Link to={{ pathname: `/studies/${study.id}/trials`, search: query.toString() }}>all trials</Link>
        {after ? <Link to={after}>next →</Link> : null}
      </nav>
      <div className={styles.actions}>
        {isLive ? (
          <Button kind="danger" onClick={() => setOpen("stop")}>
            Stop
          </Button>
        ) : null}
        {isAskable(trial) ? (
          <>
            <Button
              disabled={retry.isPending}
              title="Try the same parameters once more"
              onClick={() => retry.mutate(trial.params)}
            >
              Run again
            </Button>
            <Button onClick={() => setOpen("variation")}>Variation…</Button>
          </>
        ) : null}
      </div>
      {typeof retry.data === "number" ? (
        <p role="status" className={styles.said}>
          The same parameters wait as <Link to={linkTo(retry.data) ?? ""}>trial {retry.data}</Link>.
        </p>
      ) : null}
      <Problem error={retry.error ?? stop.error} />
      {open === "variation" ? <VariationDialog trial={trial} onClose={() => setOpen(null)} /> : null}
      <Dialog
        title={`Stop trial ${trial.number}?`}
        isOpen={open === "stop"}
        onClose={() => setOpen(null)}
        closeLabel="Let it run"
        actions={
          <Button
            kind="danger"
            onClick={() => {
              stop.mutate();
              setOpen(null);
            }}
          >
            Stop it
          </Button>
        }
      >
        <p>
          {trial.state === "running"
            ? "It ends at its next report. What it has reported stays; it leaves no model."
            : "It is taken out of the queue."}
        </p>
      </Dialog>
    </header>
  );
}
