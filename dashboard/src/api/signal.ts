/** A yes or no of the whole page, which components can follow. */
export interface Signal {
  read: () => boolean;
  put: (value: boolean) => void;
  follow: (listener: () => void) => () => void;
}

export function makeSignal(): Signal {
  let current = false;
  const listeners = new Set<() => void>();
  return {
    read: () => current,
    put(value) {
      if (value === current) return;
      current = value;
      for (const listener of listeners) listener();
    },
    follow(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The service has asked for a key that this browser has not given. */
export const lockedOut = makeSignal();

/** The service did not answer the last request. */
export const unreachable = makeSignal();

/** A key was given in this browser, so that it can be taken back. The cookie itself is hidden from scripts. */
export const signedIn = makeKeptSignal("tuner-signed-in");

/** A signal that this browser keeps, and that all its tabs begin with. */
function makeKeptSignal(name: string): Signal {
  const signal = makeSignal();
  signal.put(localStorage.getItem(name) !== null);
  signal.follow(() => {
    if (signal.read()) localStorage.setItem(name, "yes");
    else localStorage.removeItem(name);
  });
  return signal;
}
