/** A pruner as the form holds it: its name, and its options as they are typed. */
import type { StudyOptions } from "../../api/options";

export interface PrunerDraft {
  /** Empty: as the service chooses. */
  name: string;
  /** Empty texts: the default. */
  options: Readonly<Record<string, string>>;
}

export const NO_PRUNER: PrunerDraft = { name: "", options: {} };

/** The pruner as the service takes it: its bare name if no option is set. */
export function prunerOf(draft: PrunerDraft): string | Record<string, string | number> {
  const given = Object.entries(draft.options).filter(([, text]) => text.trim() !== "");
  if (given.length === 0) return draft.name;
  return { name: draft.name, ...Object.fromEntries(given.map(([option, text]) => [option, Number(text)])) };
}

export function prunerErrors(draft: PrunerDraft): Record<string, string> {
  return Object.fromEntries(
    Object.entries(draft.options)
      .filter(([, text]) => text.trim() !== "" && !Number.isFinite(Number(text)))
      .map(([option]) => [`#/pruner/${option}`, "must be a number, or empty"]),
  );
}

/** The options that a pruner has, with the text that stands for their defaults. */
export function optionsOf(name: string, known: StudyOptions | undefined): readonly [string, string][] {
  const found = known?.pruners.find((pruner) => pruner.name === name);
  return Object.entries(found?.options ?? {}).map(([option, value]) => [
    option,
    value === null ? "none" : String(value),
  ]);
}
