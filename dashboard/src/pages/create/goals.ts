/** Objectives and constraints as the form holds them: text as it is typed. */
import type { Schemas } from "../../api/client";
import { pointerPart } from "../../components/problems";

export interface ObjectiveDraft {
  /** Tells rows apart while their names are typed. */
  key: string;
  name: string;
  direction: Schemas["Direction"];
}

/** A bound on a number that is told with each result. */
export interface ConstraintDraft {
  key: string;
  name: string;
  atLeast: string;
  atMost: string;
}

let lastKey = 0;

function nextKey(): string {
  lastKey += 1;
  return `goal-${lastKey}`;
}

export function newObjective(name = ""): ObjectiveDraft {
  return { key: nextKey(), name, direction: "minimize" };
}

export function newConstraint(): ConstraintDraft {
  return { key: nextKey(), name: "", atLeast: "", atMost: "" };
}

export function objectivesOf(drafts: readonly ObjectiveDraft[]): Record<string, Schemas["Direction"]> {
  return Object.fromEntries(drafts.map((draft) => [draft.name.trim(), draft.direction]));
}

export function constraintsOf(
  drafts: readonly ConstraintDraft[],
): Record<string, { at_least?: number; at_most?: number }> {
  return Object.fromEntries(
    drafts.map(({ name, atLeast, atMost }) => [
      name.trim(),
      {
        ...(isNumber(atLeast) ? { at_least: Number(atLeast) } : {}),
        ...(isNumber(atMost) ? { at_most: Number(atMost) } : {}),
      },
    ]),
  );
}

/** Where an objective or a constraint stands in the request; one without a name has a place of its own. */
export function goalPointer(
  part: "objectives" | "constraints",
  draft: { key: string; name: string },
): string {
  const name = draft.name.trim();
  return `#/${part}/${name === "" ? draft.key : pointerPart(name)}`;
}

/** What can be said without asking, by JSON pointer. */
export function goalErrors(
  objectives: readonly ObjectiveDraft[],
  constraints: readonly ConstraintDraft[],
): Record<string, string> {
  const errors: Record<string, string> = {};
  for (const [part, drafts] of [
    ["objectives", objectives],
    ["constraints", constraints],
  ] as const) {
    const seen = new Set<string>();
    for (const draft of drafts) {
      const name = draft.name.trim();
      if (name === "") errors[goalPointer(part, draft)] = "needs a name";
      else if (seen.has(name)) errors[goalPointer(part, draft)] = "there is another one of this name";
      seen.add(name);
    }
  }
  for (const draft of constraints) {
    const at = goalPointer("constraints", draft);
    const { atLeast, atMost } = draft;
    if (atLeast.trim() === "" && atMost.trim() === "") errors[at] ??= "needs a bound, below or above";
    for (const [field, text] of [
      ["at_least", atLeast],
      ["at_most", atMost],
    ] as const) {
      if (text.trim() !== "" && !isNumber(text)) errors[`${at}/${field}`] = "must be a number, or empty";
    }
  }
  return errors;
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}
