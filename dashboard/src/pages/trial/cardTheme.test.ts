import { afterEach, describe, expect, it } from "vitest";
import { followTheme } from "./cardTheme";

afterEach(() => delete document.documentElement.dataset.theme);

function choose(theme: string | undefined) {
  if (theme === undefined) delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  window.dispatchEvent(new Event("tuner-theme"));
}

describe("the theme of a card", () => {
  it("is that of the page, and the system's where none is chosen", () => {
    const card = document.implementation.createHTMLDocument();
    const rule = { media: { mediaText: "(prefers-color-scheme: dark)" } };
    const narrow = { media: { mediaText: "(max-width: 40rem)" } };
    Object.defineProperty(card, "styleSheets", { value: [{ cssRules: [{}, rule, narrow] }] });
    choose("dark");
    const stop = followTheme(card);
    expect(rule.media.mediaText).toBe("all");
    choose("light");
    expect(rule.media.mediaText).toBe("not all");
    choose(undefined);
    expect(rule.media.mediaText).toBe("(prefers-color-scheme: dark)");
    stop();
    choose("dark");
    expect(rule.media.mediaText).toBe("(prefers-color-scheme: dark)");
    expect(narrow.media.mediaText).toBe("(max-width: 40rem)");
  });
});
