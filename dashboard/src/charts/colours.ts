/** The colours of charts, from the same tokens as everything else: a canvas knows no style sheet. */
import { useSyncExternalStore } from "react";

export interface Colours {
  text: string;
  muted: string;
  border: string;
  surface: string;
  accent: string;
  states: Record<string, string>;
  /** For lines and groups that are told apart; distinct also without red and green (Okabe and Ito, 2008). */
  series: readonly string[];
  /** From poor to good, for values (viridis); the good end is the one that stands out from the page. */
  scale: readonly string[];
}

const STATES = ["waiting", "running", "completed", "pruned", "failed", "cancelled"];
const SERIES = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#56b4e9", "#d55e00", "#9a8c00", "#7f7f7f"];
const SCALE_ON_DARK = ["#51296d", "#414487", "#2a788e", "#22a884", "#7ad151", "#fde725"];
const SCALE_ON_LIGHT = ["#b8de29", "#6ccd5a", "#1f9e89", "#31688e", "#443983", "#440154"];

let current: Colours | null = null;

/** The colours under the theme of the moment; a component that uses them is drawn again when it changes. */
export function useColours(): Colours {
  return useSyncExternalStore(subscribe, read);
}

function read(): Colours {
  current ??= measured();
  return current;
}

function subscribe(onChange: () => void): () => void {
  const renew = () => {
    current = null;
    onChange();
  };
  const system = matchMedia("(prefers-color-scheme: dark)");
  window.addEventListener("tuner-theme", renew);
  system.addEventListener("change", renew);
  return () => {
    window.removeEventListener("tuner-theme", renew);
    system.removeEventListener("change", renew);
  };
}

function measured(): Colours {
  const probe = document.body.appendChild(document.createElement("span"));
  const token = (name: string) => {
    // Through a property that is a colour: the token itself may be `light-dark(...)`.
    probe.style.color = `var(--${name})`;
    return getComputedStyle(probe).color;
  };
  const text = token("text");
  const colours = {
    text,
    muted: token("text-muted"),
    border: token("border"),
    surface: token("surface-raised"),
    accent: token("accent"),
    states: Object.fromEntries(STATES.map((state) => [state, token(`state-${state}`)])),
    series: SERIES,
    scale: isLight(text) ? SCALE_ON_DARK : SCALE_ON_LIGHT,
  };
  probe.remove();
  return colours;
}

/** Whether a colour as browsers write it, `rgb(r, g, b)`, is a light one. */
function isLight(colour: string): boolean {
  const parts =
    colour
      .match(/[\d.]+/g)
      ?.slice(0, 3)
      .map(Number) ?? [];
  return parts.reduce((sum, part) => sum + part, 0) > 3 * 127;
}

/** The colour of a share from 0, poor, to 1, good. */
export function scaleColour(colours: Colours, share: number): string {
  const place = Math.min(colours.scale.length - 1, Math.floor(share * colours.scale.length));
  return colours.scale[Math.max(0, place)] ?? colours.muted;
}
