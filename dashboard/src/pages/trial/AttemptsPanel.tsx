import type { Artifact, Measurement, Trial } from "../../api/trial";
import { Panel } from "../../components/Panel";
import { Table } from "../../components/Table";
import { formatCount, formatNumber } from "../../format/numbers";
import { attemptsOf } from "./attempts";

interface AttemptsPanelProps {
  trial: Trial;
  reports: readonly Measurement[];
  files: readonly Artifact[];
}

/** How often it was begun, and how each time ended. */
export function AttemptsPanel({ trial, reports, files }: AttemptsPanelProps) {
  const attempts = attemptsOf(trial, reports, files);
  return (
    <Panel title="Attempts" aside={formatCount(attempts.length, "attempt")}>
      <Table label="Attempts">
        <thead>
          <tr>
            <th scope="col">#</th>
            <th scope="col">Fate</th>
            <th scope="col">Reports</th>
            <th scope="col">Last value</th>
            <th scope="col">Files</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map((attempt) => (
            <tr key={attempt.attempt}>
              <th scope="row">{attempt.attempt}</th>
              <td>{attempt.fate}</td>
              <td>{attempt.numReports}</td>
              <td>
                {formatNumber(attempt.lastValue)}
                {attempt.lastStep === null ? "" : ` at step ${attempt.lastStep}`}
              </td>
              <td>{attempt.numFiles}</td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
