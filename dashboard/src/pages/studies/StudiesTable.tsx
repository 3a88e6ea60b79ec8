import { Link } from "react-router";
import type { Schemas } from "../../api/client";
import { CountsBar } from "../../components/CountsBar";
import { Instant } from "../../components/Instant";
import { ProgressBar } from "../../components/ProgressBar";
import { StateBadge } from "../../components/StateBadge";
import { formatDuration } from "../../format/times";
import { BestCell } from "./BestCell";
import { progressOf } from "./progress";
import styles from "./StudiesTable.module.css";

type Study = Schemas["StudyResource"];

/** Studies as rows; on a narrow screen as cards. */
export function StudiesTable({ studies }: { studies: readonly Study[] }) {
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Study</th>
          <th scope="col">State</th>
          <th scope="col">Best</th>
          <th scope="col">Trials</th>
          <th scope="col">Budget</th>
          <th scope="col">Changed</th>
        </tr>
      </thead>
      <tbody>
        {studies.map((study) => (
          <Row key={study.id} study={study} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ study }: { study: Study }) {
  return (
    <tr>
      <th scope="row" className={styles.name}>
        <Link to={`/studies/${study.id}`}>{study.name}</Link>
        <span className={styles.what}>{study.dataset === null ? "own training" : study.target?.task}</span>
      </th>
      <td data-label="State">
        <StateBadge state={study.state} title={study.state_reason ?? undefined} />
      </td>
      <td data-label="Best">
        <BestCell study={study} />
      </td>
      <td data-label="Trials">
        <CountsBar counts={study.counts} />
      </td>
      <td data-label="Budget">
        <BudgetCell study={study} />
      </td>
      <td data-label="Changed">
        <Instant at={study.updated_at} ago />
      </td>
    </tr>
  );
}

function BudgetCell({ study }: { study: Study }) {
  const { share, secondsLeft } = progressOf(study);
  const used = `${formatDuration(study.used_seconds)} used`;
  if (share === null) return <span className={styles.what}>{used}, no limit</span>;
  const words =
    secondsLeft === null ? `${Math.round(100 * share)} %` : `about ${formatDuration(secondsLeft)} left`;
  return <ProgressBar share={share} words={words} />;
}
