import { ProblemError } from "../api/client";

/** What is wrong with each part of a request, by the JSON pointer of the part. */
export function errorsByPointer(error: unknown): Record<string, string> {
  if (!(error instanceof ProblemError)) return {};
  return Object.fromEntries((error.problem.errors ?? []).map((place) => [place.pointer, place.detail]));
}

/** A name as a part of a JSON pointer (RFC 6901). */
export function pointerPart(name: string): string {
  return name.replaceAll("~", "~0").replaceAll("/", "~1");
}

/** What is wrong with a part of a request and with what is in it, each with its place below the part. */
export function errorsBelow(
  errors: Readonly<Record<string, string>>,
  pointer: string,
): readonly (readonly [place: string, detail: string])[] {
  return Object.entries(errors)
    .filter(([at]) => at === pointer || at.startsWith(`${pointer}/`))
    .map(([at, detail]) => [at.slice(pointer.length + 1), detail]);
}
