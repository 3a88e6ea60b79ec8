/** Spaces of families as parts of a study's space. */

/** A family's parameter as it stands in a study's space: under conditions that name the family and others in full. */
export function inStudy(family: string, written: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const when = Object.entries((written.when ?? {}) as Record<string, unknown>);
  const renamed = when.map(([parent, values]) => [`${family}.${parent}`, values]);
  return { ...written, when: { ...Object.fromEntries(renamed), model: [family] } };
}
