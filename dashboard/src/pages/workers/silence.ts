import type { Worker } from "../../api/workers";

/** Workers ask for work, or renew what they have, far more often than this. */
const SILENT_MS = 60_000;

/** Whether nothing has been heard of a worker for so long that it is likely gone. */
export function isSilent(worker: Pick<Worker, "last_seen_at">, now: number = Date.now()): boolean {
  return now - Date.parse(worker.last_seen_at) > SILENT_MS;
}
