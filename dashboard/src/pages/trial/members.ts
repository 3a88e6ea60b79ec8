/** Which trials an average is made of: those with weight, the heaviest first; before that is known, all on offer. */
export function membersOf(members: readonly number[], metrics: Readonly<Record<string, number>>): string {
  const weighted = members
    .map((number) => ({ number, weight: metrics[`weight_${number}`] ?? 0 }))
    .filter(({ weight }) => weight > 0)
    .sort((one, other) => other.weight - one.weight);
  if (weighted.length === 0) return members.join(", ");
  const told = weighted.map(({ number, weight }) => `${number} (${Math.round(100 * weight)} %)`).join(", ");
  return weighted.length < members.length ? `${told}; chosen from ${members.length}` : told;
}
