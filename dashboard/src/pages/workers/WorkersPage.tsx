import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type Worker, workersQuery } from "../../api/workers";
import { CodeTabs } from "../../components/CodeTabs";
import { Instant } from "../../components/Instant";
import { ErrorNotice, Loading, Notice } from "../../components/Notice";
import { formatCount } from "../../format/numbers";
import { isSilent } from "./silence";
import styles from "./WorkersPage.module.css";

/** Who trains, what each is doing, and when it was last heard of. */
export function WorkersPage() {
  const workers = useQuery(workersQuery);
  if (workers.isPending) return <Loading what="workers" />;
  if (workers.data === undefined)
    return <ErrorNotice error={workers.error} onRetry={() => workers.refetch()} />;
  if (workers.data.length === 0) {
    return (
      <Notice title="No worker has asked for work yet">
        <p>Studies of tables wait until one does. Start one anywhere that reaches this server:</p>
        <CodeTabs codes={{ shell: `tuner worker --url ${window.location.origin}` }} />
      </Notice>
    );
  }
  const present = workers.data.filter((worker) => !isSilent(worker));
  const slots = present.reduce((sum, worker) => sum + (worker.slots ?? 0), 0);
  const busy = present.reduce((sum, worker) => sum + worker.busy, 0);
  return (
    <>
      <header className={styles.head}>
        <h1>Workers</h1>
        <span className={styles.muted}>
          {formatCount(present.length, "worker")} present, {busy} of {formatCount(slots, "slot")} busy
        </span>
      </header>
      <ul className={styles.workers}>
        {workers.data.map((worker) => (
          <WorkerCard key={worker.name} worker={worker} />
        ))}
      </ul>
    </>
  );
}

function WorkerCard({ worker }: { worker: Worker }) {
  const silent = isSilent(worker);
  const places = Math.max(worker.slots ?? 0, worker.trials.length);
  return (
    <li className={styles.worker} data-silent={silent || undefined}>
      <header className={styles.title}>
        <h2>{worker.name}</h2>
        <span className={styles.muted}>
          {silent ? "✕ silent since " : "● heard of "}
          <Instant at={worker.last_seen_at} ago />
        </span>
      </header>
      <ol className={styles.slots} aria-label="Slots">
        {Array.from({ length: places }, (_, place) => {
          const trial = worker.trials[place];
          return (
            <li key={trial ? `${trial.study}.${trial.number}` : `free-${place}`} data-busy={Boolean(trial)}>
              {trial ? (
                <>
                  ▶ <Link to={`/studies/${trial.study}/trials/${trial.number}`}>trial {trial.number}</Link> of{" "}
                  <Link to={`/studies/${trial.study}`}>{trial.study_name}</Link>,{" "}
                  <span className={styles.muted}>
                    begun <Instant at={trial.since} ago />
                  </span>
                </>
              ) : (
                <span className={styles.muted}>○ free</span>
              )}
            </li>
          );
        })}
      </ol>
      <details>
        <summary>
          {formatCount(worker.families.length, "family", "families")}
          {worker.backends.length > 0 ? `, Keras on ${worker.backends.join(" or ")}` : ""}
        </summary>
        <p className={styles.muted}>{worker.families.join(", ")}</p>
      </details>
      <p className={styles.muted}>
        first seen <Instant at={worker.first_seen_at} />
        {worker.version ? ` · version ${worker.version}` : ""}
      </p>
    </li>
  );
}
