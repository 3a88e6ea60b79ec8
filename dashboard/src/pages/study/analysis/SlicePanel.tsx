import { memo, useMemo } from "react";
import { SliceChart } from "../../../charts/SliceChart";
import { Choice } from "../../../components/Choice";
import { Panel } from "../../../components/Panel";
import { parameterAxis } from "../../../trials/axes";
import type { Parameters } from "../../../trials/space";
import { useChoice } from "../useChoice";
import type { View } from "../useView";
import { mostImportant } from "./mostImportant";
import { presenceWords } from "./presence";

interface SlicePanelProps {
  view: View;
  parameters: Parameters;
  names: readonly string[];
  importances: Readonly<Record<string, number>> | undefined;
  logValues: boolean;
}

/** The objective against a parameter of choice. */
export const SlicePanel = memo(function SlicePanel(props: SlicePanelProps) {
  const { view, parameters, names, importances, logValues } = props;
  const [name, setName] = useChoice("slice", names, mostImportant(names, importances)[0] ?? "");
  const axis = useMemo(() => parameterAxis(view.table, parameters, name), [view.table, parameters, name]);
  return (
    <Panel
      title="Slice"
      aside={
        <>
          {presenceWords([axis], view.shown)}
          <Choice label="Parameter" value={name} options={names} onChange={setName} />
        </>
      }
    >
      <SliceChart view={view} axis={axis} logValues={logValues} />
    </Panel>
  );
});
