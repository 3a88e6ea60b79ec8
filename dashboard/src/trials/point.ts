/** One point of a space as a form holds it: text for each parameter that is there with what the others are. */
import type { Parameter, Parameters } from "./space";
import type { Scalar } from "./table";

export type Draft = Readonly<Record<string, string>>;

/** How a value stands in a form; texts that look like other values are told apart by their quotes. */
export function textOf(value: Scalar): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** The parameters that are there, in the order of the space; those whose condition is not met are not. */
export function activeIn(parameters: Parameters, draft: Draft): Parameter[] {
  const active = new Map<string, Parameter>();
  for (const parameter of ordered(parameters)) {
    const isThere = Object.entries(parameter.when ?? {}).every(
      ([parent, values]) => active.has(parent) && values.some((value) => textOf(value) === draft[parent]),
    );
    if (isThere) active.set(parameter.name, parameter);
  }
  return [...parameters.values()].filter((parameter) => active.has(parameter.name));
}

/** The point that a form says, and what is wrong with it by parameter. What is left empty is left to the service. */
export function pointOf(
  parameters: Parameters,
  draft: Draft,
): { params: Record<string, Scalar>; errors: Record<string, string> } {
  const params: Record<string, Scalar> = {};
  const errors: Record<string, string> = {};
  for (const parameter of activeIn(parameters, draft)) {
    const text = (draft[parameter.name] ?? "").trim();
    if (text === "") continue;
    const value = readValue(parameter, text);
    if (value === undefined) errors[parameter.name] = wish(parameter);
    else params[parameter.name] = value;
  }
  return { params, errors };
}

function readValue(parameter: Parameter, text: string): Scalar | undefined {
  if (parameter.kind === "categorical") return parameter.choices.find((choice) => textOf(choice) === text);
  if (parameter.kind === "constant") return undefined;
  const value = Number(text);
  const isFitting =
    Number.isFinite(value) &&
    value >= parameter.low &&
    value <= parameter.high &&
    (parameter.kind === "float" || Number.isInteger(value));
  return isFitting ? value : undefined;
}

function wish(parameter: Parameter): string {
  const kind = parameter.kind === "int" ? "a whole number" : "a number";
  return parameter.kind === "categorical"
    ? "must be one of the choices"
    : `must be ${kind} from ${parameter.low} to ${parameter.high}`;
}

/** Parents before their children. */
function ordered(parameters: Parameters): Parameter[] {
  const done = new Map<string, Parameter>();
  function visit(parameter: Parameter) {
    if (done.has(parameter.name)) return;
    for (const parent of Object.keys(parameter.when ?? {})) {
      const known = parameters.get(parent);
      if (known !== undefined && known !== parameter) visit(known);
    }
    done.set(parameter.name, parameter);
  }
  for (const parameter of parameters.values()) visit(parameter);
  return [...done.values()];
}
