/**
 * One stream of events from the server, which survives what ends it.
 *
 * A page that nobody looks at is told nothing: browsers allow few connections, and the server has others to tell. When
 * it is looked at again, it goes on after the last event that it had.
 */
export type StreamState = "connecting" | "live" | "hidden" | "offline";

export interface StreamOptions {
  /** Where to listen; takes the id of the last event, if there was one. */
  url: (lastId: string | null) => string;
  /** What to do with each kind of event; its body comes parsed. */
  on: Readonly<Record<string, (body: never) => void>>;
  onState?: (state: StreamState) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;

/** Open a stream; the answer closes it. */
export function openStream(options: StreamOptions): () => void {
  let source: EventSource | null = null;
  let lastId: string | null = null;
  let pause = FIRST_PAUSE_MS;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function connect() {
    close();
    options.onState?.("connecting");
    const opened = new EventSource(options.url(lastId));
    source = opened;
    opened.onopen = () => {
      pause = FIRST_PAUSE_MS;
      options.onState?.("live");
    };
    for (const [name, handle] of Object.entries(options.on)) {
      opened.addEventListener(name, (event) => {
        if (event.lastEventId !== "") lastId = event.lastEventId;
        (handle as (body: unknown) => void)(JSON.parse(event.data));
      });
    }
    opened.onerror = () => {
      // Tried again here, not by the browser, which gives up for good at the first answer that is no stream.
      close();
      options.onState?.("offline");
      timer = setTimeout(connect, pause * (0.5 + Math.random()));
      pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    };
  }

  function close() {
    clearTimeout(timer);
    source?.close();
    source = null;
  }

  function follow() {
    if (document.hidden) {
      close();
      options.onState?.("hidden");
    } else if (source === null) connect();
  }

  document.addEventListener("visibilitychange", follow);
  follow();
  return () => {
    document.removeEventListener("visibilitychange", follow);
    close();
  };
}
