import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { type Dataset, datasetsQuery, uploadDataset } from "../../api/datasets";
import { Problem } from "../../components/Problem";
import { formatBytes } from "../../format/numbers";
import styles from "./DropZone.module.css";

const ACCEPTED = ".csv,.csv.gz,.gz,.parquet,.npz,.zip";

/** A place to drop a table, or to choose it from the disk. It is sent at once. */
export function DropZone({ onStored }: { onStored: (dataset: Dataset) => void }) {
  const queries = useQueryClient();
  const id = useId();
  const [share, setShare] = useState(0);
  const [isOver, setIsOver] = useState(false);
  const upload = useMutation({
    mutationFn: (file: File) => uploadDataset(file, setShare),
    onMutate: () => setShare(0),
    onSuccess: (dataset) => {
      queries.invalidateQueries({ queryKey: datasetsQuery.queryKey });
      onStored(dataset);
    },
  });
  const file = upload.variables;

  return (
    <div className={styles.zone}>
      <label
        htmlFor={id}
        className={styles.target}
        data-over={isOver || undefined}
        onDragOver={(event) => {
          event.preventDefault();
          setIsOver(true);
        }}
        onDragLeave={() => setIsOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setIsOver(false);
          const dropped = event.dataTransfer.files[0];
          if (dropped) upload.mutate(dropped);
        }}
      >
        <b>Drop a file here, or choose one</b>
        <span className={styles.kinds}>CSV (also .gz), Parquet, NPZ arrays, a zip of pictures by class</span>
        <input
          id={id}
          type="file"
          accept={ACCEPTED}
          className={styles.input}
          disabled={upload.isPending}
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            if (chosen) upload.mutate(chosen);
            event.target.value = "";
          }}
        />
      </label>
      {upload.isPending && file ? (
        <div className={styles.progress} role="status">
          <progress value={share} max={1} aria-label={`Sending ${file.name}`} />
          {share < 1
            ? `${file.name}: ${Math.round(100 * share)} % of ${formatBytes(file.size)}`
            : `${file.name}: looking at its columns…`}
        </div>
      ) : null}
      <Problem error={upload.error} />
    </div>
  );
}
