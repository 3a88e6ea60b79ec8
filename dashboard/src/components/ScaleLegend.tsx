import { useColours } from "../charts/colours";
import styles from "./ScaleLegend.module.css";

const WIDTH = 72;
const HEIGHT = 8;

/** What the colours of trials mean: their place in the order, so that one outlier does not spoil the scale. */
export function ScaleLegend() {
  const { scale } = useColours();
  const width = WIDTH / scale.length;
  return (
    <span
      className={styles.legend}
      title="Colours follow the order of the completed trials, not their values."
    >
      worst
      <svg className={styles.bar} width={WIDTH} height={HEIGHT} aria-hidden="true">
        {scale.map((colour, place) => (
          <rect key={colour} x={place * width} width={width} height={HEIGHT} fill={colour} />
        ))}
      </svg>
      best
    </span>
  );
}
