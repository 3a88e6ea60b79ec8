/**
 * Drawings one after another, a few milliseconds of each frame: a filter changes ten charts at once, and the one that
 * the reader works with must not wait for the others.
 */
const FRAME_MS = 12;

const waiting = new Map<object, () => void>();
let isPlanned = false;

/** Draw in one of the next frames; a drawing that waits already is replaced. */
export function drawSoon(chart: object, draw: () => void): void {
  waiting.set(chart, draw);
  plan();
}

/** Forget a drawing that has not been made. */
export function forget(chart: object): void {
  waiting.delete(chart);
}

function plan() {
  if (isPlanned || waiting.size === 0) return;
  isPlanned = true;
  requestAnimationFrame(() => {
    isPlanned = false;
    const end = performance.now() + FRAME_MS;
    for (const [chart, draw] of waiting) {
      waiting.delete(chart);
      draw();
      if (performance.now() >= end) break;
    }
    plan();
  });
}
