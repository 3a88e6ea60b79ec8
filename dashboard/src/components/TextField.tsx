import type { InputHTMLAttributes, ReactNode } from "react";
import { Field } from "./Field";

interface TextFieldProps extends Pick<InputHTMLAttributes<HTMLInputElement>, "inputMode" | "placeholder"> {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  value: string;
  onChange: (value: string) => void;
}

/** A line of text, or a number as it is typed. */
export function TextField({ label, hint, error, onChange, ...input }: TextFieldProps) {
  return (
    <Field label={label} hint={hint} error={error}>
      {(ties) => (
        <input {...ties} {...input} autoComplete="off" onChange={(event) => onChange(event.target.value)} />
      )}
    </Field>
  );
}
