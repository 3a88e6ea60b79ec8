import type { ReactNode } from "react";
import styles from "./Panel.module.css";

interface PanelProps {
  title: string;
  /** Beside the title: how much is shown, choices. */
  aside?: ReactNode;
  /** A column, in which a chart can fill what is left of the height. */
  isColumn?: boolean;
  children: ReactNode;
}

/** One thing on a page, with its name. */
export function Panel({ title, aside, isColumn = false, children }: PanelProps) {
  return (
    <section className={isColumn ? `${styles.panel} ${styles.column}` : styles.panel} aria-label={title}>
      <header className={styles.head}>
        <h2 className={styles.title}>{title}</h2>
        {aside ? <div className={styles.aside}>{aside}</div> : null}
      </header>
      {children}
    </section>
  );
}
