import styles from "./ProgressBar.module.css";

/** A share from 0 to 1 as a bar, and in words. */
export function ProgressBar({ share, words }: { share: number; words: string }) {
  return (
    <div className={styles.progress}>
      <progress className={styles.bar} value={share} max={1} aria-label={words} />
      <span className={styles.words}>{words}</span>
    </div>
  );
}
