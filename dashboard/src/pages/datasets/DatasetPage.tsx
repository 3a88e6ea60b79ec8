import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useNavigate, useParams } from "react-router";
import {
  type Dataset,
  datasetPath,
  datasetQuery,
  useDatasetChange,
  useDatasetDeletion,
} from "../../api/datasets";
import { studiesQuery } from "../../api/studies";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Instant } from "../../components/Instant";
import { ErrorNotice, Loading } from "../../components/Notice";
import { Panel } from "../../components/Panel";
import { Problem } from "../../components/Problem";
import { StateBadge } from "../../components/StateBadge";
import { formatBytes, formatCount } from "../../format/numbers";
import { ColumnsTable } from "./ColumnsTable";
import styles from "./DatasetPage.module.css";
import { DatasetWarnings } from "./DatasetWarnings";
import { PreviewPanel } from "./PreviewPanel";
import { canBeTarget, columnsOf, foundWords } from "./profile";

/** One table: its columns, what is in them, its first rows, and what learns from it. */
export function DatasetPage() {
  const { datasetId = "" } = useParams();
  const dataset = useQuery(datasetQuery(datasetId));
  if (dataset.isPending) return <Loading what="the dataset" />;
  if (dataset.data === undefined)
    return (
      <ErrorNotice
        error={dataset.error}
        onRetry={() => dataset.refetch()}
        back={<Link to="/datasets">All datasets</Link>}
      />
    );
  return <Loaded dataset={dataset.data} />;
}

function Loaded({ dataset }: { dataset: Dataset }) {
  const change = useDatasetChange(dataset.id);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{dataset.name}</h1>
        <span className={styles.muted}>
          {formatBytes(dataset.size)} · sent <Instant at={dataset.created_at} ago />
        </span>
        <div className={styles.actions}>
          <Link className={styles.create} to={`/create?dataset=${dataset.id}`}>
            New study
          </Link>
          <a className={styles.download} href={`${datasetPath(dataset.id)}/content`} download>
            Download
          </a>
          <Deletion dataset={dataset} />
        </div>
      </header>
      <p>{foundWords(dataset)}</p>
      <DatasetWarnings dataset={dataset} />
      <Panel
        title="Columns"
        aside={
          <label>
            target{" "}
            <select
              value={dataset.target ?? ""}
              onChange={(event) => change.mutate({ target: event.target.value })}
            >
              {dataset.target === null ? <option value="">none</option> : null}
              {columnsOf(dataset)
                .filter(canBeTarget)
                .map((column) => (
                  <option key={column.name}>{column.name}</option>
                ))}
            </select>
          </label>
        }
      >
        <Problem error={change.error} />
        <ColumnsTable dataset={dataset} />
      </Panel>
      <PreviewPanel dataset={dataset} />
      <StudiesPanel dataset={dataset} />
    </div>
  );
}

function Deletion({ dataset }: { dataset: Dataset }) {
  const [isAsked, setIsAsked] = useState(false);
  const navigate = useNavigate();
  const deletion = useDatasetDeletion(dataset.id);
  return (
    <>
      <Button kind="danger" onClick={() => setIsAsked(true)}>
        Delete
      </Button>
      <Dialog
        title={`Delete ${dataset.name}?`}
        isOpen={isAsked}
        onClose={() => setIsAsked(false)}
        closeLabel="Keep it"
        actions={
          <Button
            kind="danger"
            disabled={deletion.isPending}
            onClick={() => deletion.mutate(undefined, { onSuccess: () => navigate("/datasets") })}
          >
            Delete it
          </Button>
        }
      >
        <p>The table is gone then. One that a study uses cannot be deleted.</p>
        <Problem error={deletion.error} />
      </Dialog>
    </>
  );
}

function StudiesPanel({ dataset }: { dataset: Dataset }) {
  const studies = useQuery(studiesQuery);
  const users = studies.data?.filter((study) => study.dataset === dataset.id) ?? [];
  return (
    <Panel title="Studies" aside={formatCount(users.length, "study", "studies")}>
      {users.length === 0 ? <p className={styles.muted}>No study learns from it.</p> : null}
      <ul className={styles.studies}>
        {users.map((study) => (
          <li key={study.id}>
            <Link to={`/studies/${study.id}`}>{study.name}</Link> <StateBadge state={study.state} />
          </li>
        ))}
      </ul>
    </Panel>
  );
}
