import { type ReactNode, useId } from "react";
import styles from "./Field.module.css";

interface FieldProps {
  label: string;
  /** What it is for, or what it may hold. */
  hint?: ReactNode;
  /** What the service, or the form itself, says is wrong with it. */
  error?: string | undefined;
  /** The control, given what ties it to its label and to what is said of it. */
  children: (ties: Ties) => ReactNode;
}

export interface Ties {
  id: string;
  className: string;
  "aria-describedby"?: string;
  "aria-invalid"?: true;
}

/** A control of a form with its name, and with its error where it stands. */
export function Field({ label, hint, error, children }: FieldProps) {
  const id = useId();
  const described = [hint ? `${id}-hint` : "", error ? `${id}-error` : ""].filter(Boolean).join(" ");
  const ties: Ties = { id, className: styles.control ?? "" };
  if (described !== "") ties["aria-describedby"] = described;
  if (error) ties["aria-invalid"] = true;
  return (
    <div className={styles.field}>
      <label htmlFor={id} className={styles.label}>
        {label}
      </label>
      {children(ties)}
      {error ? (
        <p id={`${id}-error`} className={styles.error}>
          <span aria-hidden="true">⚠ </span>
          {error}
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className={styles.hint}>
          {hint}
        </p>
      ) : null}
    </div>
  );
}
