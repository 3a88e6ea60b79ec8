import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearchParams } from "react-router";
import { isMissing } from "../../api/client";
import { measurementsQuery, type Trial, useArtifacts, useTrial } from "../../api/trial";
import { LinesChart } from "../../charts/LinesChart";
import { CodeTabs } from "../../components/CodeTabs";
import { Facts } from "../../components/Facts";
import { Instant } from "../../components/Instant";
import { ErrorNotice, Loading, Notice } from "../../components/Notice";
import { Panel } from "../../components/Panel";
import { formatCount, formatNumber } from "../../format/numbers";
import { formatDuration } from "../../format/times";
import { trialSnippets } from "../../snippets/trial";
import { useStudyView } from "../study/StudyPage";
import { ArtifactsPanel } from "./ArtifactsPanel";
import { AttemptsPanel } from "./AttemptsPanel";
import { curvesOf } from "./attempts";
import { LogPanel } from "./LogPanel";
import { ModelCardPanel } from "./ModelCardPanel";
import { membersOf } from "./members";
import { NotePanel } from "./NotePanel";
import { ParametersPanel } from "./ParametersPanel";
import { TrialHead } from "./TrialHead";
import styles from "./TrialPage.module.css";

/** One trial: what was tried, how it went, and what it left. */
export function TrialPage() {
  const { number = "" } = useParams();
  // Another trial begins with fields and logs of its own.
  return <OneTrial key={number} number={Number(number)} />;
}

function OneTrial({ number }: { number: number }) {
  const { study, table } = useStudyView();
  const trial = useTrial(table, number);
  const [query] = useSearchParams();
  if (!Number.isSafeInteger(number) || isMissing(trial.error)) {
    return (
      <Notice title="There is no such trial">
        <Link to={{ pathname: `/studies/${study.id}/trials`, search: query.toString() }}>
          All trials of this study
        </Link>
      </Notice>
    );
  }
  if (trial.data === undefined) {
    return trial.isError ? (
      <ErrorNotice error={trial.error} onRetry={() => trial.refetch()} />
    ) : (
      <Loading what="the trial" />
    );
  }
  return <Loaded trial={trial.data} />;
}

function Loaded({ trial }: { trial: Trial }) {
  const { study, table, objective } = useStudyView();
  const { number } = trial;
  const measurements = useQuery(measurementsQuery(table, number));
  const artifacts = useArtifacts(table, number);
  const reports = measurements.data ?? [];
  const files = artifacts.data ?? [];
  const lines = curvesOf(reports);
  const hasModel = files.some((file) => file.name === "model.zip");
  return (
    <>
      <TrialHead trial={trial} />
      {trial.message ? (
        <p className={styles.message} role="alert">
          {trial.message}
        </p>
      ) : null}
      <div className={styles.panels}>
        <ParametersPanel trial={trial} space={study.space} />
        <Panel title="Learning curve" aside={formatCount(reports.length, "report")}>
          {lines.length === 0 ? (
            <p className={styles.none}>It has reported nothing.</p>
          ) : (
            <LinesChart
              label={`What trial ${number} reported of ${objective} at each step.`}
              lines={lines}
              step="step"
              value={Object.keys(study.objectives)[0] ?? "value"}
            />
          )}
        </Panel>
        <Panel title="Results">
          <Facts
            facts={[
              ...Object.entries(trial.values ?? {}).map(
                ([name, value]) => [name, <b key={name}>{formatNumber(value, 6)}</b>] as const,
              ),
              ...Object.entries(trial.metrics)
                .filter(([name]) => !(name in (trial.values ?? {})))
                .map(([name, value]) => [name, formatMetric(name, value)] as const),
            ]}
          />
          {trial.values === null && Object.keys(trial.metrics).length === 0 ? (
            <p className={styles.none}>Nothing yet.</p>
          ) : null}
        </Panel>
        <Panel title="Course">
          <Facts facts={courseOf(trial)} />
        </Panel>
        <AttemptsPanel trial={trial} reports={reports} files={files} />
        <ArtifactsPanel study={study.id} files={files} />
        <NotePanel trial={trial} />
      </div>
      <div className={styles.wide}>
        <LogPanel number={number} files={artifacts.data} />
        <Panel title="As code">
          <CodeTabs codes={trialSnippets(window.location.origin, study, trial)} />
        </Panel>
        {hasModel ? <ModelCardPanel model={`${study.id}.${number}`} isLinked /> : null}
      </div>
    </>
  );
}

function courseOf(trial: Trial) {
  return [
    ["origin", trial.sampled_by ? `${trial.origin}, ${trial.sampled_by}` : trial.origin],
    ["created", <Instant key="c" at={trial.created_at} />],
    ["started", trial.started_at ? <Instant key="s" at={trial.started_at} /> : "–"],
    ["finished", trial.finished_at ? <Instant key="f" at={trial.finished_at} /> : "–"],
    ["duration", formatDuration(trial.duration_seconds)],
    ["worker", trial.worker ?? "–"],
    ...(trial.members.length > 0 ? [["members", membersOf(trial.members, trial.metrics)] as const] : []),
    ...(trial.is_feasible === false ? [["feasible", "no: it breaks a constraint"] as const] : []),
  ] as const;
}

/** Times and sizes among the metrics say their unit by their name. */
function formatMetric(name: string, value: number): string {
  if (name.endsWith("_seconds")) return formatDuration(value);
  if (name.includes("_ms_")) return `${formatNumber(value, 3)} ms`;
  return formatNumber(value, 5);
}
