import { busySeconds, type Lanes } from "../../../charts/lanes";
import { Panel } from "../../../components/Panel";
import { formatDuration } from "../../../format/times";
import styles from "./LanesTable.module.css";

/** The same in numbers: how many trials each worker had, and for how much of the time it worked. */
export function LanesTable({ lanes, now }: { lanes: Lanes; now: number }) {
  return (
    <div className={styles.wrap}>
      <Panel title="Workers">
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Worker</th>
              <th scope="col">Trials</th>
              <th scope="col">At a time, at most</th>
              <th scope="col">At work</th>
              <th scope="col">Share of the time</th>
            </tr>
          </thead>
          <tbody>
            {lanes.workers.map((worker) => {
              const busy = busySeconds(worker.bars, now);
              const from = worker.bars[0]?.from ?? 0;
              const share = now > from ? busy / (now - from) : 0;
              return (
                <tr key={worker.worker}>
                  <th scope="row">{worker.worker}</th>
                  <td>{worker.bars.length.toLocaleString("en-US")}</td>
                  <td>{worker.count}</td>
                  <td>{formatDuration(busy)}</td>
                  <td title="Of the time from its first trial until now, or until the last trial ended.">
                    {Math.round(100 * share)} %
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </Panel>
    </div>
  );
}
