/** Some of many, for drawings that cannot hold all of them. Whoever draws a sample says so. */

const SHARE_OF_BEST = 0.1;

/**
 * At most so many of the trials: the best, and an even choice of the others.
 *
 * @param trials Best first; the sample keeps their order.
 */
export function sampled<T>(trials: readonly T[], most: number): readonly T[] {
  if (trials.length <= most) return trials;
  const best = Math.max(1, Math.floor(most * SHARE_OF_BEST));
  const others = most - best;
  const stride = (trials.length - best) / others;
  return [
    ...trials.slice(0, best),
    ...Array.from({ length: others }, (_, place) => trials[best + Math.floor(place * stride)] as T),
  ];
}
