import type { ReactNode } from "react";
import { Field } from "./Field";

interface SelectFieldProps {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  value: string;
  /** Values with what they are called. */
  options: readonly (readonly [value: string, words: string])[];
  onChange: (value: string) => void;
}

/** One of several. */
export function SelectField({ label, hint, error, value, options, onChange }: SelectFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ties) => (
        <select {...ties} value={value} onChange={(event) => onChange(event.target.value)}>
          {options.map(([each, words]) => (
            <option key={each} value={each}>
              {words}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
