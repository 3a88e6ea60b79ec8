import { useEffect } from "react";
import { useRouteError } from "react-router";
import { OfflineError, send } from "../api/client";
import { ErrorNotice } from "../components/Notice";

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
  return <ErrorNotice error={error} onRetry={() => window.location.reload()} />;
}
