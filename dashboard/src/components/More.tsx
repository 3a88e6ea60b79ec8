import { type ReactNode, useState } from "react";
import styles from "./More.module.css";
import { errorsBelow } from "./problems";

interface MoreProps {
  title: string;
  errors: Readonly<Record<string, string>>;
  /** Where in the request the fields stand that are folded away: with an error there, they are not. */
  pointers: readonly string[];
  children: ReactNode;
}

/** Fields that few need, folded away until somebody opens them or one of them is wrong. */
export function More({ title, errors, pointers, children }: MoreProps) {
  const [isOpen, setIsOpen] = useState(false);
  const isWrong = pointers.some((pointer) => errorsBelow(errors, pointer).length > 0);
  return (
    <details
      className={styles.more}
      open={isOpen || isWrong}
      onToggle={(event) => setIsOpen(event.currentTarget.open)}
    >
      <summary>{title}</summary>
      <div className={styles.content}>{children}</div>
    </details>
  );
}
