import { useState } from "react";
import { useStudyAction } from "../../../api/control";
import type { Study } from "../../../api/study";
import { Button } from "../../../components/Button";
import { Dialog } from "../../../components/Dialog";
import { ProblemLine } from "../../../components/ProblemLine";
import { formatCount } from "../../../format/numbers";
import { BudgetDialog } from "./BudgetDialog";
import styles from "./Controls.module.css";

/** Pause, resume, cancel, more budget: what can be done to the study as it stands. */
export function Controls({ study }: { study: Study }) {
  const action = useStudyAction(study.id);
  const [isCancelling, setCancelling] = useState(false);
  const [isBudgeting, setBudgeting] = useState(false);
  const hasEnded = ["completed", "cancelled", "failed"].includes(study.state);
  const canHaveBudget = !["cancelled", "failed"].includes(study.state);
  return (
    <>
      <div className={styles.controls}>
        {study.state === "running" ? (
          <Button disabled={action.isPending} onClick={() => action.mutate("pause")}>
            Pause
          </Button>
        ) : null}
        {study.state === "paused" ? (
          <Button kind="primary" disabled={action.isPending} onClick={() => action.mutate("resume")}>
            Resume
          </Button>
        ) : null}
        {canHaveBudget ? <Button onClick={() => setBudgeting(true)}>Change budget…</Button> : null}
        {hasEnded ? null : (
          <Button kind="danger" onClick={() => setCancelling(true)}>
            Cancel study…
          </Button>
        )}
      </div>
      {isCancelling ? null : <ProblemLine error={action.error} />}
      <BudgetDialog study={study} isOpen={isBudgeting} onClose={() => setBudgeting(false)} />
      <Dialog
        title={`Cancel ${study.name}?`}
        isOpen={isCancelling}
        onClose={() => {
          setCancelling(false);
          action.reset();
        }}
        closeLabel="Keep it"
        actions={
          <Button
            kind="danger"
            disabled={action.isPending}
            onClick={() => action.mutate("cancel", { onSuccess: () => setCancelling(false) })}
          >
            Cancel the study
          </Button>
        }
      >
        <p>
          A cancelled study cannot go on. {formatCount(study.counts.running ?? 0, "running trial")} will be
          told to stop, {formatCount(study.counts.waiting ?? 0, "waiting trial")} will never begin. What has
          completed is kept. To go on later, pause it instead.
        </p>
        <ProblemLine error={action.error} />
      </Dialog>
    </>
  );
}
