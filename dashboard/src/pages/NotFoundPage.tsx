import { Link, useLocation } from "react-router";
import { Notice } from "../components/Notice";

/** An address that leads nowhere. */
export function NotFoundPage() {
  const { pathname } = useLocation();
  return (
    <Notice title="There is no such page">
      <p>
        Nothing is at <code>{pathname}</code>. What you look for may have been deleted.
      </p>
      <Link to="/">All studies</Link>
    </Notice>
  );
}
