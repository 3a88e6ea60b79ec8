import { useEffect, useState } from "react";
import { ProblemError } from "../../../api/client";
import { useBudgetChange } from "../../../api/control";
import type { Study } from "../../../api/study";
import { Button } from "../../../components/Button";
import { Choice } from "../../../components/Choice";
import { Dialog } from "../../../components/Dialog";
import { Field } from "../../../components/Field";
import { ProblemLine } from "../../../components/ProblemLine";
import { formatDuration } from "../../../format/times";
import styles from "./BudgetDialog.module.css";
import { type BudgetForm, budgetOf, formOf, isSpent, type TimeUnit } from "./budget";

interface BudgetDialogProps {
  study: Study;
  isOpen: boolean;
  onClose: () => void;
}

/** How much the study may spend, and what it has spent. */
export function BudgetDialog({ study, isOpen, onClose }: BudgetDialogProps) {
  const change = useBudgetChange(study.id);
  const [form, setForm] = useState<BudgetForm>(() => formOf(study.budget));
  const [faults, setFaults] = useState<Partial<Record<"trials" | "seconds", string>>>({});
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is being written must not change under the hand.
  useEffect(() => {
    if (!isOpen) return;
    setForm(formOf(study.budget));
    setFaults({});
    change.reset();
  }, [isOpen]);

  function send() {
    const { budget, faults: found } = budgetOf(form);
    setFaults(found ?? {});
    if (budget !== null) change.mutate(budget, { onSuccess: onClose });
  }

  const said = { ...saidBy(change.error), ...faults };
  const asked = budgetOf(form).budget;
  const ends = study.state !== "completed" && asked !== null && isSpent(asked, study);
  const put = (more: Partial<BudgetForm>) => setForm({ ...form, ...more });
  return (
    <Dialog
      title="Change budget"
      isOpen={isOpen}
      onClose={onClose}
      closeLabel="Leave it"
      actions={
        <Button kind="primary" type="submit" form="budget" disabled={change.isPending}>
          Save
        </Button>
      }
    >
      <form
        id="budget"
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
      >
        <p>
          Whichever limit comes first ends the study.
          {study.state === "completed" ? " A larger budget sets it running again." : ""}
        </p>
        <Field
          label="Trials"
          hint={`${study.num_counted.toLocaleString("en-US")} counted so far; empty for no limit`}
          error={said.trials}
        >
          {(ties) => (
            <input
              {...ties}
              inputMode="numeric"
              value={form.trials}
              onChange={(event) => put({ trials: event.target.value })}
            />
          )}
        </Field>
        <Field
          label="Time"
          hint={`${formatDuration(study.used_seconds)} used so far; empty for no limit`}
          error={said.seconds}
        >
          {(ties) => (
            <input
              {...ties}
              inputMode="decimal"
              value={form.time}
              onChange={(event) => put({ time: event.target.value })}
            />
          )}
        </Field>
        <Choice<TimeUnit>
          label="Unit of the time"
          value={form.unit}
          options={["minutes", "hours"]}
          onChange={(unit) => put({ unit })}
        />
        {ends ? <p role="status">That much is spent already: the study will end at once.</p> : null}
        {said.trials || said.seconds ? null : <ProblemLine error={change.error} />}
      </form>
    </Dialog>
  );
}

/** What the service says of each field. */
function saidBy(error: unknown): Partial<Record<"trials" | "seconds", string>> {
  const places = error instanceof ProblemError ? (error.problem.errors ?? []) : [];
  return Object.fromEntries(
    places.flatMap(({ pointer, detail }) => {
      const name = pointer.split("/").at(-1);
      return name === "trials" || name === "seconds" ? [[name, detail]] : [];
    }),
  );
}
