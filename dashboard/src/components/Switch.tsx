import styles from "./Switch.module.css";

interface SwitchProps {
  label: string;
  isOn: boolean;
  onChange: (isOn: boolean) => void;
  /** Why it cannot be set; it can if this is missing. */
  whyNot?: string | undefined;
}

/** Something that is or is not. */
export function Switch({ label, isOn, onChange, whyNot }: SwitchProps) {
  return (
    <label className={styles.switch} title={whyNot}>
      <input
        type="checkbox"
        checked={isOn}
        disabled={whyNot !== undefined}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}
