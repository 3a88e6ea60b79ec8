import { memo, useMemo } from "react";
import { Link, useSearchParams } from "react-router";
import { useImportances } from "../../../api/rankings";
import { Panel } from "../../../components/Panel";
import { formatCell, formatNumber } from "../../../format/numbers";
import { sharedOf, trialAddress } from "../../../trials/address";
import { reached } from "../../../trials/ranks";
import { hasParameter } from "../../../trials/space";
import { mostImportant } from "../analysis/mostImportant";
import { useParameters, varying } from "../useParameters";
import type { View } from "../useView";
import styles from "./TopTrials.module.css";

const MOST = 10;
const MOST_PARAMETERS = 3;

/** The best trials that pass the filter, by what matters most about them. */
export const TopTrials = memo(function TopTrials({ view }: { view: View }) {
  const { study, table, objective, shown } = view;
  const [query] = useSearchParams();
  const parameters = useParameters(study);
  const names = useMemo(() => varying(parameters), [parameters]);
  const { data: importances } = useImportances(study, objective);
  const top = useMemo(
    () => shown.filter((number) => table.states[number] === "completed").slice(0, MOST),
    [shown, table.states],
  );
  const ordered = mostImportant(names, importances);
  return (
    <Panel
      title="Best trials"
      aside={<Link to={{ pathname: "trials", search: sharedOf(query).toString() }}>Leaderboard</Link>}
    >
      {top.length === 0 ? (
        <p>No completed trial{shown.length < table.size ? " passes the filter" : " yet"}.</p>
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Trial</th>
              <th scope="col">{objective}</th>
              <th scope="col">Most important parameters</th>
            </tr>
          </thead>
          <tbody>
            {top.map((number) => (
              <tr key={number}>
                <th scope="row">
                  <Link to={trialAddress(study.id, number, query)}>{number}</Link>
                </th>
                <td className={styles.value}>{formatNumber(reached(table, objective, number))}</td>
                <td className={styles.params}>
                  {ordered
                    .filter((name) => hasParameter(table, parameters, name, number))
                    .slice(0, MOST_PARAMETERS)
                    .map((name) => (
                      <span key={name}>
                        {name} {formatCell(table.params[name]?.[number])}
                      </span>
                    ))}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Panel>
  );
});
