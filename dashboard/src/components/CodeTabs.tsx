import { useState } from "react";
import { Button } from "./Button";
import styles from "./CodeTabs.module.css";

/** The same thing in several languages, to copy. */
export function CodeTabs({ codes }: { codes: Readonly<Record<string, string>> }) {
  const names = Object.keys(codes);
  const [chosen, setChosen] = useState(names[0] ?? "");
  const [isCopied, setIsCopied] = useState(false);
  const code = codes[chosen] ?? "";

  async function copy() {
    // Without https, browsers have no clipboard for pages of other machines: there the text can be marked by hand.
    await navigator.clipboard?.writeText(code);
    setIsCopied(navigator.clipboard !== undefined);
    setTimeout(() => setIsCopied(false), 1500);
  }

  return (
    <div className={styles.codes}>
      <div className={styles.bar}>
        {names.map((name) => (
          <Button
            key={name}
            kind="quiet"
            aria-pressed={name === chosen}
            className={name === chosen ? styles.chosen : undefined}
            onClick={() => setChosen(name)}
          >
            {name}
          </Button>
        ))}
        <Button kind="quiet" className={styles.copy} onClick={copy}>
          {isCopied ? "copied" : "copy"}
        </Button>
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard. */}
      <pre className={styles.code} tabIndex={0}>
        <code>{code}</code>
      </pre>
      <span className="visually-hidden" role="status">
        {isCopied ? "Copied." : ""}
      </span>
    </div>
  );
}
