import { HistoryChart } from "../../charts/HistoryChart";
import { Panel } from "../../components/Panel";
import { formatCount } from "../../format/numbers";
import { useStudyView } from "./StudyPage";

/** What a study has come to: its history. */
export function OverviewPage() {
  const view = useStudyView();
  return (
    <Panel
      title="History"
      aside={`${formatCount(view.shown.length, "trial")} of ${view.table.size.toLocaleString("en-US")}`}
    >
      <HistoryChart {...view} />
    </Panel>
  );
}
