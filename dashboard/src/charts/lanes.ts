/** Who worked on what, when: trials as bars in lanes, a lane for each thing that a worker did at a time. */
import type { TrialTable } from "../trials/table";

export interface Bar {
  number: number;
  lane: number;
  /** Seconds since the study was created. */
  from: number;
  /** Null: it still runs. */
  to: number | null;
  state: string;
}

export interface WorkerLanes {
  worker: string;
  /** The first of its lanes, counted from the top, and how many it has. */
  first: number;
  count: number;
  /** Its bars by their start. */
  bars: readonly Bar[];
}

export interface Lanes {
  bars: Bar[];
  /** The bars of each lane by their start. */
  byLane: Bar[][];
  workers: WorkerLanes[];
  /** The last instant that any bar knows of. */
  end: number;
}

/** Trials that nobody's name is written on: those of an ask-and-tell loop. */
export const NOBODY = "ask and tell";

/** The lanes of the trials that have begun. */
export function lanesOf(table: TrialTable, numbers: readonly number[]): Lanes {
  const byWorker = new Map<string, Bar[]>();
  let end = 0;
  for (const number of numbers) {
    const from = table.started[number] ?? null;
    if (from === null) continue;
    const state = table.states[number] ?? "waiting";
    const to = table.finished[number] ?? (state === "running" ? null : from);
    end = Math.max(end, to ?? from);
    const worker = table.workers[number] ?? NOBODY;
    const bars = byWorker.get(worker) ?? [];
    bars.push({ number, lane: 0, from, to, state });
    byWorker.set(worker, bars);
  }
  const workers: WorkerLanes[] = [];
  const byLane: Bar[][] = [];
  for (const worker of [...byWorker.keys()].sort(compareNames)) {
    const bars = (byWorker.get(worker) ?? []).sort((a, b) => a.from - b.from);
    const first = byLane.length;
    for (const bar of bars) {
      // Into the first lane that is free again.
      let lane = first;
      while (lane < byLane.length && !isFree(byLane[lane], bar.from)) lane += 1;
      if (lane === byLane.length) byLane.push([]);
      bar.lane = lane;
      byLane[lane]?.push(bar);
    }
    workers.push({ worker, first, count: byLane.length - first, bars });
  }
  return { bars: [...byWorker.values()].flat(), byLane, workers, end };
}

/** The bar of a lane at an instant; null: there is none. */
export function barAt(bars: readonly Bar[] | undefined, instant: number, now: number, slack = 0): Bar | null {
  if (bars === undefined) return null;
  let low = 0;
  let high = bars.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((bars[middle]?.from ?? 0) <= instant + slack) low = middle + 1;
    else high = middle;
  }
  const bar = bars[low - 1];
  return bar !== undefined && (bar.to ?? now) >= instant - slack ? bar : null;
}

/** Seconds in which a worker was on at least one trial, from its bars by their start. */
export function busySeconds(bars: readonly Bar[], now: number): number {
  let seconds = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const { from, to } of bars) {
    const end = to ?? now;
    if (end <= until) continue;
    seconds += end - Math.max(from, until);
    until = end;
  }
  return seconds;
}

function isFree(bars: readonly Bar[] | undefined, instant: number): boolean {
  const last = bars?.at(-1);
  return last === undefined || (last.to !== null && last.to <= instant);
}

function compareNames(a: string, b: string): number {
  if (a === NOBODY || b === NOBODY) return a === b ? 0 : a === NOBODY ? 1 : -1;
  return a.localeCompare(b, undefined, { numeric: true });
}
