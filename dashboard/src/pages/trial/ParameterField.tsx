import { Field } from "../../components/Field";
import { formatNumber } from "../../format/numbers";
import { textOf } from "../../trials/point";
import type { Parameter } from "../../trials/space";

interface ParameterFieldProps {
  parameter: Parameter;
  text: string;
  error: string | undefined;
  onChange: (text: string) => void;
}

/** One parameter of a point, to fill in. */
export function ParameterField({ parameter, text, error, onChange }: ParameterFieldProps) {
  if (parameter.kind === "categorical") {
    return (
      <Field label={parameter.name} error={error}>
        {(ties) => (
          <select {...ties} value={text} onChange={(event) => onChange(event.target.value)}>
            <option value="">any</option>
            {parameter.choices.map((choice) => (
              <option key={textOf(choice)} value={textOf(choice)}>
                {textOf(choice)}
              </option>
            ))}
          </select>
        )}
      </Field>
    );
  }
  if (parameter.kind === "constant") return null;
  const hint = `${formatNumber(parameter.low)} to ${formatNumber(parameter.high)}${parameter.log ? ", log" : ""}`;
  return (
    <Field label={parameter.name} hint={hint} error={error}>
      {(ties) => (
        <input
          {...ties}
          inputMode="decimal"
          autoComplete="off"
          value={text}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
