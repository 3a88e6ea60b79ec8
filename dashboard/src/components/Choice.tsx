import styles from "./Choice.module.css";

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  /** What can be chosen; the words where they differ from the value. */
  options: readonly (T | { value: T; words: string })[];
  onChange: (value: T) => void;
}

/** One of several, by name. */
export function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <label className={styles.choice}>
      {label}
      <select value={value} onChange={(event) => onChange(event.target.value as T)}>
        {options.map((option) => {
          const { value: each, words } =
            typeof option === "string" ? { value: option, words: option } : option;
          return (
            <option key={each} value={each}>
              {words}
            </option>
          );
        })}
      </select>
    </label>
  );
}
