/** A budget as people write it into a form: texts, where nothing means no limit. */
import type { Schemas } from "../../../api/client";

export type TimeUnit = "minutes" | "hours";

export interface BudgetForm {
  trials: string;
  time: string;
  unit: TimeUnit;
}

const SECONDS: Record<TimeUnit, number> = { minutes: 60, hours: 3_600 };

/** The form that shows a budget. */
export function formOf(budget: Schemas["BudgetBody"]): BudgetForm {
  const { trials, seconds } = budget;
  const unit: TimeUnit = seconds && seconds >= 2 * 3_600 ? "hours" : "minutes";
  return {
    trials: trials ? String(trials) : "",
    time: seconds ? String(Number((seconds / SECONDS[unit]).toPrecision(6))) : "",
    unit,
  };
}

/** The budget that a form asks for, or by field what is wrong with it. */
export function budgetOf(
  form: BudgetForm,
):
  | { budget: { trials: number | null; seconds: number | null }; faults: null }
  | { budget: null; faults: Partial<Record<"trials" | "seconds", string>> } {
  const trials = form.trials.trim() === "" ? null : Number(form.trials);
  const time = form.time.trim() === "" ? null : Number(form.time);
  const faults: Partial<Record<"trials" | "seconds", string>> = {};
  if (trials !== null && !(Number.isInteger(trials) && trials >= 1)) {
    faults.trials = "Give a whole number from 1, or leave it empty for no limit.";
  }
  if (time !== null && !(Number.isFinite(time) && time > 0)) {
    faults.seconds = "Give a number above 0, or leave it empty for no limit.";
  }
  if (Object.keys(faults).length > 0) return { budget: null, faults };
  return { budget: { trials, seconds: time === null ? null : time * SECONDS[form.unit] }, faults: null };
}

/** Whether so small a budget is spent already. */
export function isSpent(
  budget: { trials: number | null; seconds: number | null },
  used: Pick<Schemas["StudyResource"], "num_counted" | "used_seconds">,
): boolean {
  return (
    (budget.trials !== null && budget.trials <= used.num_counted) ||
    (budget.seconds !== null && budget.seconds <= used.used_seconds)
  );
}
