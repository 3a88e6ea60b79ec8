/** The parameters of a search space, as far as drawings and tables need to know them. */
import type { Study } from "../api/study";
import type { Scalar, TrialTable } from "./table";

export interface Parameter {
  name: string;
  kind: "float" | "int" | "categorical" | "constant";
  /** The range of a number; of other kinds NaN. */
  low: number;
  high: number;
  log: boolean;
  /** What a categorical parameter can be, in the order of the space. */
  choices: readonly Scalar[];
  /** By parent: the values with which this parameter is there at all; null: it always is. */
  when: Readonly<Record<string, readonly Scalar[]>> | null;
}

export type Parameters = ReadonlyMap<string, Parameter>;

type Written = Partial<Omit<Parameter, "name" | "kind">> & { type: Parameter["kind"] };

/** The parameters by name, in the order of the space. */
export function parametersOf(space: Study["space"]): Parameters {
  const written = (space.parameters ?? {}) as Record<string, Written>;
  return new Map(
    Object.entries(written).map(([name, { type, ...rest }]) => [
      name,
      {
        name,
        kind: type,
        low: rest.low ?? Number.NaN,
        high: rest.high ?? Number.NaN,
        log: rest.log ?? false,
        choices: rest.choices ?? [],
        when: rest.when ?? null,
      },
    ]),
  );
}

/** Whether a trial has the parameter. One that is not active is null, but null may be a choice as well. */
export function hasParameter(
  table: TrialTable,
  parameters: Parameters,
  name: string,
  number: number,
): boolean {
  const value = table.params[name]?.[number] ?? null;
  if (value !== null) return true;
  const parameter = parameters.get(name);
  if (parameter === undefined || !parameter.choices.includes(null)) return false;
  return Object.entries(parameter.when ?? {}).every(
    ([parent, values]) =>
      hasParameter(table, parameters, parent, number) &&
      values.includes(table.params[parent]?.[number] ?? null),
  );
}
