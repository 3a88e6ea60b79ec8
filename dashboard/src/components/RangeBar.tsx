import { formatNumber } from "../format/numbers";
import styles from "./RangeBar.module.css";
import { shareOf, ticksOf } from "./range";

interface RangeBarProps {
  low: number;
  high: number;
  log: boolean;
  /** Values to mark on it. */
  marks?: readonly number[];
}

/** A range of numbers, drawn with ticks where they stand on its scale. */
export function RangeBar({ low, high, log, marks = [] }: RangeBarProps) {
  const isDrawable = high > low && (!log || low > 0);
  if (!isDrawable) return <span className={styles.ends}>{formatNumber(low)}</span>;
  const place = (value: number) => 100 * shareOf(value, low, high, log);
  return (
    <span className={styles.range}>
      <svg className={styles.bar} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
        <rect x={0} y={4} width={100} height={2} className={styles.line} />
        {ticksOf(low, high, log).map((tick) => (
          <rect key={tick} x={place(tick)} y={1} width={0.4} height={8} className={styles.tick} />
        ))}
        {marks.map((mark) => (
          <rect key={mark} x={place(mark) - 0.8} y={0} width={1.6} height={10} className={styles.mark} />
        ))}
      </svg>
      <span className={styles.ends}>
        <span>{formatNumber(low)}</span>
        <span>{log ? "log" : ""}</span>
        <span>{formatNumber(high)}</span>
      </span>
    </span>
  );
}
