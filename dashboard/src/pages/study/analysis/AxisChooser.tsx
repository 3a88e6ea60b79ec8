import { Button } from "../../../components/Button";
import { Popover } from "../../../components/Popover";
import { Switch } from "../../../components/Switch";
import styles from "./AxisChooser.module.css";

interface AxisChooserProps {
  names: readonly string[];
  chosen: readonly string[];
  importances: Readonly<Record<string, number>> | undefined;
  /** The names that are wanted; null: what is usual. */
  onChange: (chosen: readonly string[] | null) => void;
}

/** Which parameters have an axis, the most important ones first. */
export function AxisChooser({ names, chosen, importances = {}, onChange }: AxisChooserProps) {
  const ordered = [...names].sort((a, b) => (importances[b] ?? 0) - (importances[a] ?? 0));
  const toggle = (name: string, isOn: boolean) => {
    const wanted = isOn ? [...chosen, name] : chosen.filter((each) => each !== name);
    if (wanted.length > 0) onChange(names.filter((each) => wanted.includes(each)));
  };
  return (
    <Popover label={`Axes: ${chosen.length} of ${names.length}`}>
      <Button kind="quiet" onClick={() => onChange(null)}>
        Most important
      </Button>
      <Button kind="quiet" onClick={() => onChange(names)}>
        All
      </Button>
      <ul className={styles.list}>
        {ordered.map((name) => (
          <li key={name} className={styles.row}>
            <Switch label={name} isOn={chosen.includes(name)} onChange={(isOn) => toggle(name, isOn)} />
            <span className={styles.share}>
              {importances[name] === undefined ? "" : `${Math.round(100 * importances[name])} %`}
            </span>
          </li>
        ))}
      </ul>
    </Popover>
  );
}
