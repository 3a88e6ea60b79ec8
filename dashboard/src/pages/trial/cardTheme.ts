/** The theme of a model card, which knows that of the system alone. */

/** Give a card the theme that was chosen for this page, now and whenever it changes; the answer ends that. */
export function followTheme(card: Document): () => void {
  const rules = [...card.styleSheets]
    .flatMap((sheet) => [...sheet.cssRules])
    .filter((rule) => "media" in rule)
    .map((rule) => rule as CSSMediaRule)
    .filter((rule) => rule.media.mediaText.includes("prefers-color-scheme"))
    .map((rule) => ({ rule, asked: rule.media.mediaText }));
  const put = () => {
    const { theme } = document.documentElement.dataset;
    for (const { rule, asked } of rules) {
      const isMet = theme !== undefined && asked.includes(theme);
      rule.media.mediaText = theme === undefined ? asked : isMet ? "all" : "not all";
    }
  };
  put();
  window.addEventListener("tuner-theme", put);
  return () => window.removeEventListener("tuner-theme", put);
}
