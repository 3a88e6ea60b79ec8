import { useQuery, useQueryClient } from "@tanstack/react-query";
import { type Dataset, datasetQuery, datasetsQuery } from "../../api/datasets";
import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import { formatBytes, formatCount } from "../../format/numbers";
import { ColumnsTable } from "../datasets/ColumnsTable";
import { DatasetWarnings } from "../datasets/DatasetWarnings";
import { DropZone } from "../datasets/DropZone";
import { foundWords } from "../datasets/profile";
import styles from "./steps.module.css";

interface DatasetStepProps {
  dataset: Dataset | null;
  error: string | undefined;
  onChoose: (dataset: Dataset | null) => void;
}

/** What to learn from: what is stored, or a file. */
export function DatasetStep({ dataset, error, onChoose }: DatasetStepProps) {
  const queries = useQueryClient();
  const datasets = useQuery(datasetsQuery);

  function take(chosen: Dataset) {
    queries.setQueryData(datasetQuery(chosen.id).queryKey, chosen);
    onChoose(chosen);
  }

  return (
    <Panel title="1 · Data" aside={dataset ? formatBytes(dataset.size) : null}>
      <div className={styles.stack}>
        {datasets.data?.length !== 0 ? (
          <Field label="Stored datasets" error={error}>
            {(ties) => (
              <select
                {...ties}
                value={dataset?.id ?? ""}
                onChange={(event) => {
                  const chosen = datasets.data?.find((each) => each.id === event.target.value);
                  if (chosen) take(chosen);
                  else onChoose(null);
                }}
              >
                <option value="">{datasets.isPending ? "Loading…" : "Choose…"}</option>
                {datasets.data?.map((each) => (
                  <option key={each.id} value={each.id}>
                    {each.name} ({formatCount(each.num_rows, "row")})
                  </option>
                ))}
              </select>
            )}
          </Field>
        ) : null}
        <DropZone onStored={take} />
        {dataset ? (
          <>
            <p>
              <b>{dataset.name}:</b> {foundWords(dataset)}
            </p>
            <DatasetWarnings dataset={dataset} />
            <details open className={styles.details}>
              <summary>Columns, and what they are taken for</summary>
              <ColumnsTable dataset={dataset} />
            </details>
          </>
        ) : null}
      </div>
    </Panel>
  );
}
