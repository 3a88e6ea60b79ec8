import { memo } from "react";
import { DistributionChart } from "../../../charts/DistributionChart";
import { Panel } from "../../../components/Panel";
import type { View } from "../useView";

/** How the values of completed trials are distributed. */
export const DistributionPanel = memo(function DistributionPanel(props: { view: View; logValues: boolean }) {
  return (
    <Panel title="Distribution of values" aside="share of completed trials that reach at most a value">
      <DistributionChart {...props} />
    </Panel>
  );
});
