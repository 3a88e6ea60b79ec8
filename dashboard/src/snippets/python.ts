/** JSON values as Python writes them. */

/** What is longer is broken: it stands behind a name, in a narrow column. */
const LINE = 56;

export function pythonLiteral(value: unknown, indent = 0): string {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number" || typeof value === "string") return JSON.stringify(value);
  if (Array.isArray(value)) return list(value, indent);
  const entries = Object.entries(value);
  if (entries.length === 0) return "{}";
  const line = `{${entries.map(([name, each]) => `${JSON.stringify(name)}: ${pythonLiteral(each)}`).join(", ")}}`;
  if (line.length + indent <= LINE) return line;
  const pad = " ".repeat(indent + 4);
  const lines = entries.map(
    ([name, each]) => `${pad}${JSON.stringify(name)}: ${pythonLiteral(each, indent + 4)},`,
  );
  return `{\n${lines.join("\n")}\n${" ".repeat(indent)}}`;
}

function list(values: readonly unknown[], indent: number): string {
  const line = `[${values.map((each) => pythonLiteral(each)).join(", ")}]`;
  if (!line.includes("\n") && line.length + indent <= LINE) return line;
  const pad = " ".repeat(indent + 4);
  return `[\n${values.map((each) => `${pad}${pythonLiteral(each, indent + 4)},`).join("\n")}\n${" ".repeat(indent)}]`;
}

interface WrittenParameter {
  type?: string;
  low?: number;
  high?: number;
  log?: boolean;
  step?: number | null;
  choices?: readonly unknown[];
  ordered?: boolean;
  value?: unknown;
  when?: Readonly<Record<string, readonly unknown[]>> | null;
}

/** The parameters of a space as calls, such as `tuner.Float(1e-05, 0.1, log=True)`. */
export function pythonSpace(parameters: Readonly<Record<string, unknown>>, indent: number): string {
  const pad = " ".repeat(indent + 4);
  const lines = Object.entries(parameters).map(
    ([name, written]) => `${pad}${JSON.stringify(name)}: ${call(written as WrittenParameter)},`,
  );
  return lines.length === 0 ? "{}" : `{\n${lines.join("\n")}\n${" ".repeat(indent)}}`;
}

function call(written: WrittenParameter): string {
  const { type, low, high, log, step, choices, ordered, value, when } = written;
  const more = when ? [`when=${pythonLiteral(when)}`] : [];
  if (type === "categorical") {
    return `tuner.Categorical(${[pythonLiteral(choices ?? []), ...(ordered ? ["ordered=True"] : []), ...more].join(", ")})`;
  }
  if (type === "constant") return `tuner.Constant(${[pythonLiteral(value), ...more].join(", ")})`;
  const options = [...(log ? ["log=True"] : []), ...(step ? [`step=${step}`] : []), ...more];
  return `tuner.${type === "int" ? "Int" : "Float"}(${[low, high, ...options].join(", ")})`;
}
