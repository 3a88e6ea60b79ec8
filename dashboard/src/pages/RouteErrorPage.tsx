import { useEffect } from "react";
import { useRouteError } from "react-router";
import { OfflineError, send } from "../api/client";
import { Button } from "../components/Button";
import { ErrorNotice, Notice } from "../components/Notice";

const PAUSE_MS = 3_000;

/** A page that broke, or whose code could not be loaded: after an upgrade of the server it has another name. */
export function RouteErrorPage() {
  const error = useRouteError();
  useEffect(() => {
    // Loaded again by itself only if the server was away: what is broken would break again and again.
    let wasAway = false;
    const timer = setInterval(look, PAUSE_MS);
    async function look() {
      try {
        await send("GET", "/healthz");
        if (wasAway) window.location.reload();
        else clearInterval(timer);
      } catch (failure) {
        wasAway ||= failure instanceof OfflineError;
      }
    }
    look();
    return () => clearInterval(timer);
  }, []);
  const reload = () => window.location.reload();
  if (!isNotLoaded(error)) return <ErrorNotice error={error} onRetry={reload} />;
  return (
    <Notice title="This page could not be loaded">
      <p>The server may be restarting, or has been upgraded since you opened it.</p>
      <Button onClick={reload}>Load it again</Button>
    </Notice>
  );
}

/** Whether a part of the page did not come; each browser, and the bundler, has its own words for it. */
function isNotLoaded(error: unknown): boolean {
  return error instanceof Error && /import|preload/i.test(error.message);
}
