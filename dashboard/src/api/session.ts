/** The browser's session: the key is given once, and kept by the server's own cookie. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import { send } from "./client";
import { lockedOut, signedIn } from "./signal";

/** Whether nothing is shown until a key is given. */
export function useIsLockedOut(): boolean {
  return useSyncExternalStore(lockedOut.follow, lockedOut.read);
}

/** Give the key. What could not be had before is asked for again. */
export function useLogin() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (key: string) => send<void>("POST", "/v1/session", { body: { key } }),
    onSuccess: () => {
      queries.clear();
      lockedOut.put(false);
      signedIn.put(true);
    },
  });
}

/** Whether there is a session to end. */
export function useIsSignedIn(): boolean {
  return useSyncExternalStore(signedIn.follow, signedIn.read);
}

/** Take the key back: this browser shows nothing until it is given again. */
export function useLogout() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => send<void>("DELETE", "/v1/session"),
    onSuccess: () => {
      signedIn.put(false);
      lockedOut.put(true);
      queries.clear();
    },
  });
}
