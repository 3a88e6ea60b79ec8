/** Parameters, the most important ones first; those of equal importance in the order of the space. */
export function mostImportant(
  names: readonly string[],
  importances: Readonly<Record<string, number>> = {},
): string[] {
  return [...names].sort((a, b) => (importances[b] ?? 0) - (importances[a] ?? 0));
}
