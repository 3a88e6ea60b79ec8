import { useEffect, useRef } from "react";

/** Single keys, by their names in small letters, that do something on the page, unless the reader is typing or a dialog is open. */
export function useKeys(keys: Readonly<Record<string, () => void>>): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    function press(event: KeyboardEvent) {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      const handle = current.current[event.key.toLowerCase()];
      if (handle === undefined || isTaken(event.target, event.key)) return;
      event.preventDefault();
      handle();
    }
    document.addEventListener("keydown", press);
    return () => document.removeEventListener("keydown", press);
  }, []);
}

/** Whether the key means something where the focus is. */
function isTaken(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("input, select, textarea, [contenteditable], [role=dialog], [role=menu]") !== null)
    return true;
  return key === "Enter" && target.closest("a, button, summary") !== null;
}
