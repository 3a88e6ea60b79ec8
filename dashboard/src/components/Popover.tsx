import { Popover as Base } from "@base-ui/react/popover";
import type { ReactNode } from "react";
import buttonStyles from "./Button.module.css";
import styles from "./Popover.module.css";

/** What a button opens beside itself: choices that need no window of their own. */
export function Popover({ label, children }: { label: ReactNode; children: ReactNode }) {
  return (
    <Base.Root>
      <Base.Trigger className={buttonStyles.button}>{label}</Base.Trigger>
      <Base.Portal>
        <Base.Positioner sideOffset={6} align="end" className={styles.positioner}>
          <Base.Popup className={styles.popup}>{children}</Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
