import type { Study } from "../../api/study";
import { isAskable, type Trial } from "../../api/trial";
import { Panel } from "../../components/Panel";
import { RangeBar } from "../../components/RangeBar";
import { Table } from "../../components/Table";
import { formatCell } from "../../format/numbers";
import { parametersOf } from "../../trials/space";
import styles from "./ParametersPanel.module.css";

/** The values that were tried, each in its range. */
export function ParametersPanel({ trial, space }: { trial: Trial; space: Study["space"] }) {
  const parameters = parametersOf(space);
  const params = Object.entries(trial.params);
  return (
    <Panel
      title="Parameters"
      aside={isAskable(trial) ? `${params.length} of ${parameters.size} active` : null}
    >
      <Table label="Parameters">
        <tbody>
          {params.map(([name, value]) => {
            const parameter = parameters.get(name);
            return (
              <tr key={name}>
                <th scope="row" title={name}>
                  <Breakable name={shortName(name, trial.params.model)} />
                </th>
                <td className={styles.value} title={String(value)}>
                  {formatCell(value)}
                </td>
                <td className={styles.range}>
                  {parameter !== undefined && typeof value === "number" && parameter.low < parameter.high ? (
                    <RangeBar low={parameter.low} high={parameter.high} log={parameter.log} marks={[value]} />
                  ) : (
                    <span className={styles.choices}>
                      {parameter === undefined ? "" : `of ${parameter.choices.map(String).join(", ")}`}
                    </span>
                  )}
                </td>
              </tr>
            );
          })}
        </tbody>
      </Table>
    </Panel>
  );
}

/** A name that may be broken where its words meet, and nowhere else. */
function Breakable({ name }: { name: string }) {
  return name.split(/(?<=[_.])/).flatMap((part, place) =>
    // biome-ignore lint/suspicious/noArrayIndexKey: the parts of a name are its places.
    place === 0 ? [part] : [<wbr key={place} />, part],
  );
}

/** The name of a family's parameter without the family, which is there as `model`. */
function shortName(name: string, model: unknown): string {
  return typeof model === "string" && name.startsWith(`${model}.`) ? name.slice(model.length + 1) : name;
}
