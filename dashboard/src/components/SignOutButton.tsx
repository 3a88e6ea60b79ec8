import { useIsSignedIn, useLogout } from "../api/session";
import { Button } from "./Button";

/** Ends the session of this browser; there is none on a server without a key. */
export function SignOutButton() {
  const isSignedIn = useIsSignedIn();
  const logout = useLogout();
  if (!isSignedIn) return null;
  return (
    <Button
      kind="quiet"
      aria-label="Sign out"
      title="Sign out"
      disabled={logout.isPending}
      onClick={() => logout.mutate()}
    >
      <span aria-hidden="true">⏏</span>
    </Button>
  );
}
