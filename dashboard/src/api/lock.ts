/** Whether the service has asked for a key that this browser has not given. */
let isLocked = false;
const listeners = new Set<() => void>();

/** The service wants a key. */
export function lockOut(): void {
  put(true);
}

/** The key was right. */
export function letIn(): void {
  put(false);
}

export function readLock(): boolean {
  return isLocked;
}

export function onLockChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function put(value: boolean) {
  if (value === isLocked) return;
  isLocked = value;
  for (const listener of listeners) listener();
}
