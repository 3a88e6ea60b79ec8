import { useState } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import styles from "./KeysDialog.module.css";
import { useKeys } from "./useKeys";

const KEYS: readonly (readonly [keys: readonly string[], words: string, where: string])[] = [
  [["?"], "show these keys", "everywhere"],
  [["/"], "go to the search", "where there is one"],
  [["j", "k"], "next and previous row; next and better trial", "leaderboard, trial"],
  [["Enter"], "open the trial", "leaderboard"],
  [["x"], "mark the trial, or no longer", "leaderboard"],
  [["c"], "compare the marked trials", "leaderboard"],
  [["Esc"], "close what is open above the page", "everywhere"],
];

/** The keys that do something, and the button that tells of them. */
export function KeysDialog() {
  const [isOpen, setIsOpen] = useState(false);
  useKeys({
    "?": () => setIsOpen(true),
    "/": () => document.querySelector<HTMLElement>("[data-search]")?.focus(),
  });
  return (
    <>
      <Button kind="quiet" className={styles.button} aria-label="Keys" onClick={() => setIsOpen(true)}>
        <span aria-hidden="true">?</span>
      </Button>
      <Dialog title="Keys" isOpen={isOpen} onClose={() => setIsOpen(false)}>
        <table className={styles.keys}>
          <tbody>
            {KEYS.map(([keys, words, where]) => (
              <tr key={words}>
                <th scope="row">
                  {keys.map((key) => (
                    <kbd key={key}>{key}</kbd>
                  ))}
                </th>
                <td>{words}</td>
                <td className={styles.where}>{where}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Dialog>
    </>
  );
}
