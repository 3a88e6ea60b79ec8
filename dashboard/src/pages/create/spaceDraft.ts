/** A search space as a form holds it: text as it is typed, which may not be sound yet. */
import { pointerPart } from "../../components/problems";
import type { Scalar } from "../../trials/table";

export interface ParameterDraft {
  /** Tells rows apart while their names are typed. */
  key: string;
  name: string;
  type: "float" | "int" | "categorical";
  low: string;
  high: string;
  step: string;
  log: boolean;
  /** Separated by commas. */
  choices: string;
  ordered: boolean;
  /** The parameter that it hangs on; empty: it is always there. */
  parent: string;
  /** Those values of the parent with which it is there, separated by commas. */
  parentValues: string;
}

let lastKey = 0;

export function newParameter(more: Partial<ParameterDraft> = {}): ParameterDraft {
  lastKey += 1;
  return {
    key: `parameter-${lastKey}`,
    name: "",
    type: "float",
    low: "0",
    high: "1",
    step: "",
    log: false,
    choices: "",
    ordered: false,
    parent: "",
    parentValues: "",
    ...more,
  };
}

/** A row of the form from a parameter of a space. */
export function draftOf(name: string, written: Readonly<Record<string, unknown>>): ParameterDraft {
  const when = Object.entries((written.when ?? {}) as Record<string, Scalar[]>)[0];
  return newParameter({
    name,
    type: written.type as ParameterDraft["type"],
    low: numberText(written.low),
    high: numberText(written.high),
    step: numberText(written.step),
    log: written.log === true,
    choices: choicesText((written.choices ?? []) as Scalar[]),
    ordered: written.ordered === true,
    parent: when?.[0] ?? "",
    parentValues: choicesText(when?.[1] ?? []),
  });
}

/** The space in its JSON form. What is not sound is put in as it stands: the service says what is wrong with it. */
export function spaceOf(drafts: readonly ParameterDraft[]): Record<string, unknown> {
  return {
    version: 1,
    parameters: Object.fromEntries(drafts.map((draft) => [draft.name.trim(), parameterOf(draft)])),
  };
}

function parameterOf(draft: ParameterDraft): Record<string, unknown> {
  const when = draft.parent === "" ? {} : { when: { [draft.parent]: choicesOf(draft.parentValues) } };
  if (draft.type === "categorical") {
    const order = draft.ordered ? { ordered: true } : {};
    return { type: draft.type, choices: choicesOf(draft.choices), ...order, ...when };
  }
  return {
    type: draft.type,
    low: numberOf(draft.low),
    high: numberOf(draft.high),
    ...(draft.log ? { log: true } : {}),
    ...(draft.step.trim() === "" || draft.log ? {} : { step: numberOf(draft.step) }),
    ...when,
  };
}

/** What can be said without asking: empty names, names twice, no numbers. By JSON pointer, as the service says it. */
export function spaceErrors(drafts: readonly ParameterDraft[]): Record<string, string> {
  const errors: Record<string, string> = {};
  const seen = new Set<string>();
  for (const draft of drafts) {
    const name = draft.name.trim();
    const at = pointerOf(draft);
    if (name === "") errors[`${at}/name`] = "needs a name";
    else if (seen.has(name)) errors[`${at}/name`] = "there is another one of this name";
    seen.add(name);
    if (draft.type === "categorical") {
      if (choicesOf(draft.choices).length === 0)
        errors[`${at}/choices`] = "needs choices, separated by commas";
    } else {
      for (const end of ["low", "high"] as const) {
        if (typeof numberOf(draft[end]) !== "number")
          errors[`${at}/${end}`] = "must be a number such as 0.1 or 1e-5";
      }
    }
    if (draft.parent !== "" && choicesOf(draft.parentValues).length === 0) {
      errors[`${at}/when`] = `needs values of ${draft.parent}`;
    }
  }
  return errors;
}

/** Where a row stands in the request; one without a name has a place of its own. */
export function pointerOf(draft: ParameterDraft): string {
  const name = draft.name.trim();
  return `#/space/parameters/${name === "" ? draft.key : pointerPart(name)}`;
}

/** The choices in a text such as `adam, sgd, 0.5, true, "1"`. */
export function choicesOf(text: string): Scalar[] {
  const parts = text.match(/\s*"(?:[^"\\]|\\.)*"\s*|[^,]+/g) ?? [];
  return parts
    .map((part) => part.trim())
    .filter(Boolean)
    .map(scalarOf);
}

function scalarOf(part: string): Scalar {
  try {
    const value: unknown = JSON.parse(part);
    return typeof value === "object" && value !== null ? part : (value as Scalar);
  } catch {
    return part;
  }
}

export function choicesText(choices: readonly Scalar[]): string {
  return choices
    .map((choice) =>
      typeof choice === "string" && choicesOf(choice).length === 1 && choicesOf(choice)[0] === choice
        ? choice
        : JSON.stringify(choice),
    )
    .join(", ");
}

function numberOf(text: string): number | string {
  const value = Number(text);
  return text.trim() === "" || !Number.isFinite(value) ? text : value;
}

function numberText(value: unknown): string {
  return typeof value === "number" ? String(value) : "";
}
