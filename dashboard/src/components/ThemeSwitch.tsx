import { useEffect, useState } from "react";
import { Button } from "./Button";

type Theme = "system" | "light" | "dark";

const NEXT: Record<Theme, Theme> = { system: "light", light: "dark", dark: "system" };
const SIGN: Record<Theme, string> = { system: "◐", light: "☀", dark: "☾" };
const KEY = "tuner-theme";

/** Light, dark, or as the system says; kept in this browser. */
export function ThemeSwitch() {
  const [theme, setTheme] = useState<Theme>(() => stored());
  useEffect(() => {
    if (theme === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
    // Charts are drawn on canvases, which no style sheet reaches.
    window.dispatchEvent(new Event("tuner-theme"));
  }, [theme]);
  return (
    <Button
      kind="quiet"
      aria-label={`Theme: ${theme}. Change to ${NEXT[theme]}.`}
      onClick={() => setTheme(NEXT[theme])}
    >
      <span aria-hidden="true">{SIGN[theme]}</span>
    </Button>
  );
}

function stored(): Theme {
  const value = localStorage.getItem(KEY);
  return value === "light" || value === "dark" ? value : "system";
}
