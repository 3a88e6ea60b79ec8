import { type Artifact, artifactUrl } from "../../api/trial";
import { Panel } from "../../components/Panel";
import { Table } from "../../components/Table";
import { formatBytes, formatCount } from "../../format/numbers";
import styles from "./ArtifactsPanel.module.css";

/** The files that a trial has left, to take away. */
export function ArtifactsPanel({ study, files }: { study: string; files: readonly Artifact[] }) {
  return (
    <Panel title="Files" aside={formatCount(files.length, "file")}>
      {files.length === 0 ? (
        <p className={styles.none}>It has left no files.</p>
      ) : (
        <Table label="Files">
          <tbody>
            {files.map((file) => (
              <tr key={`${file.attempt}/${file.name}`}>
                <th scope="row">
                  <a href={artifactUrl(study, file)} download={file.name}>
                    {file.name}
                  </a>
                </th>
                <td className={styles.size}>{formatBytes(file.size)}</td>
                <td className={styles.size}>attempt {file.attempt}</td>
                <td>
                  <code title={`SHA-256 ${file.sha256}`}>{file.sha256.slice(0, 10)}…</code>
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
