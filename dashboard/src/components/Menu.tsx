import { Menu as Base } from "@base-ui/react/menu";
import type { ReactNode } from "react";
import buttonStyles from "./Button.module.css";
import styles from "./Menu.module.css";

interface MenuProps {
  label: ReactNode;
  items: readonly { label: string; onChoose: () => void }[];
  /** Said below the items. */
  note?: string;
}

/** A button with some things to do. */
export function Menu({ label, items, note }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger className={buttonStyles.button}>{label}</Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" className={styles.positioner}>
          <Base.Popup className={styles.popup}>
            {items.map((item) => (
              <Base.Item key={item.label} className={styles.item} onClick={item.onChoose}>
                {item.label}
              </Base.Item>
            ))}
            {note ? <p className={styles.note}>{note}</p> : null}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
