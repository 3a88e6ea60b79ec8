import { useQueries, useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { modelQuery } from "../../api/models";
import { studiesQuery } from "../../api/studies";
import { ErrorNotice, Loading, Notice } from "../../components/Notice";
import { Panel } from "../../components/Panel";
import { StateBadge } from "../../components/StateBadge";
import { Table } from "../../components/Table";
import tableStyles from "../../components/Table.module.css";
import { formatBytes, formatCount, formatNumber } from "../../format/numbers";
import styles from "./ModelsPage.module.css";

/** The best model of every study that has one. */
export function ModelsPage() {
  const studies = useQuery(studiesQuery);
  const ids = (studies.data ?? [])
    .filter((study) => study.dataset !== null && study.best_number !== null)
    .map((study) => ({ study, id: `${study.id}.${study.best_number}` }));
  const models = useQueries({ queries: ids.map(({ id }) => modelQuery(id)) });
  if (studies.isPending) return <Loading what="models" />;
  if (studies.data === undefined)
    return <ErrorNotice error={studies.error} onRetry={() => studies.refetch()} />;
  if (ids.length === 0) {
    return (
      <Notice title="There are no models yet">
        <p>A study of a table has one as soon as its first trial has ended.</p>
        <Link to="/create">Create a study from a table</Link>
      </Notice>
    );
  }
  return (
    <>
      <h1 className={styles.title}>Models</h1>
      <Panel title="The best of each study" aside={formatCount(ids.length, "model")}>
        <Table label="Models">
          <thead>
            <tr>
              <th scope="col">Study</th>
              <th scope="col">Predicts</th>
              <th scope="col">Model</th>
              <th scope="col">Score</th>
              <th scope="col">Size</th>
              <th scope="col">
                <span className="visually-hidden">Actions</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {ids.map(({ study, id }, place) => {
              const model = models[place]?.data;
              return (
                <tr key={id}>
                  <th scope="row" className={styles.name}>
                    <Link to={`/studies/${study.id}`}>{study.name}</Link> <StateBadge state={study.state} />
                  </th>
                  <td>
                    {study.target?.name}
                    <span className={tableStyles.muted}>{study.target?.task}</span>
                  </td>
                  <td>
                    <Link to={`/models/${id}`}>{model?.family ?? "…"}</Link>
                    <span className={tableStyles.muted}>trial {study.best_number}</span>
                  </td>
                  <td>
                    <b>{formatNumber(study.best_value)}</b>
                    {model?.standard_error == null ? "" : ` ± ${formatNumber(model.standard_error, 2)}`}
                    <span className={tableStyles.muted}>{study.metric}</span>
                  </td>
                  <td>{model ? formatBytes(model.file.size) : "…"}</td>
                  <td className={styles.actions}>
                    <Link to={`/models/${id}`}>Predict</Link>
                    {model ? (
                      <a href={model.download} download>
                        Download
                      </a>
                    ) : null}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </Table>
      </Panel>
    </>
  );
}
