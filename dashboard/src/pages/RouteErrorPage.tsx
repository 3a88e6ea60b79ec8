import { useRouteError } from "react-router";
import { ErrorNotice } from "../components/Notice";

/** A page that broke, or whose code could not be loaded: after an upgrade of the server it has another name. */
export function RouteErrorPage() {
  return <ErrorNotice error={useRouteError()} onRetry={() => window.location.reload()} />;
}
