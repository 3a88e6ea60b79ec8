import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { datasetQuery } from "../../api/datasets";
import { familiesQuery } from "../../api/families";
import type { Study } from "../../api/study";
import { CodeTabs } from "../../components/CodeTabs";
import { Facts } from "../../components/Facts";
import { Instant } from "../../components/Instant";
import { Panel } from "../../components/Panel";
import { formatCount, formatNumber } from "../../format/numbers";
import { formatDuration } from "../../format/times";
import { studySnippets } from "../../snippets/study";
import { useStudyView } from "../study/StudyPage";
import styles from "./SetupPage.module.css";
import { SpaceTree } from "./SpaceTree";
import { againBody, goalOfStudy } from "./setup";

/** What the study was asked to do: its space, its data, how it searches and what it may spend. */
export function SetupPage() {
  const { study } = useStudyView();
  const dataset = useQuery({ ...datasetQuery(study.dataset ?? ""), enabled: study.dataset !== null });
  const families = useQuery({ ...familiesQuery(goalOfStudy(study)), enabled: study.dataset !== null });
  return (
    <div className={styles.page}>
      <Panel
        title="Search space"
        aside={formatCount(Object.keys((study.space.parameters ?? {}) as object).length, "parameter")}
      >
        <SpaceTree space={study.space} />
      </Panel>
      <div className={styles.side}>
        <Panel title="Goal">
          <Facts facts={goalOf(study)} />
        </Panel>
        {study.dataset === null ? null : (
          <Panel title="Data">
            <Facts
              facts={[
                [
                  "dataset",
                  <Link key="d" to={`/datasets/${study.dataset}`}>
                    {dataset.data?.name ?? "…"}
                  </Link>,
                ],
                ["rows", dataset.data ? dataset.data.num_rows.toLocaleString("en-US") : "…"],
                ["target", study.target?.name ?? "–"],
                ["task", study.target?.task_reason ?? "–"],
                ...validationOf(study),
              ]}
            />
          </Panel>
        )}
        <Panel title="Search">
          <Facts facts={searchOf(study)} />
        </Panel>
        <Panel title="The same again">
          <CodeTabs
            codes={studySnippets(
              window.location.origin,
              againBody(study, families.data?.items),
              dataset.data?.name ?? null,
            )}
          />
        </Panel>
      </div>
    </div>
  );
}

type Fact = readonly [string, React.ReactNode];

function goalOf(study: Study): Fact[] {
  return [
    ...Object.entries(study.objectives).map(
      ([name, direction]) => [name, `${direction} ${direction === "maximize" ? "↑" : "↓"}`] as const,
    ),
    ...Object.entries(study.constraints ?? {}).map(([name, bound]) => {
      const parts = [
        bound.at_least == null ? "" : `at least ${formatNumber(bound.at_least)}`,
        bound.at_most == null ? "" : `at most ${formatNumber(bound.at_most)}`,
      ];
      return [name, parts.filter(Boolean).join(", ")] as const;
    }),
    ["trials", study.budget.trials == null ? "no limit" : study.budget.trials.toLocaleString("en-US")],
    ["time", study.budget.seconds == null ? "no limit" : formatDuration(study.budget.seconds)],
  ];
}

function validationOf(study: Study): Fact[] {
  const { validation } = study;
  if (!validation) return [];
  const folds =
    validation.scored_folds === validation.folds
      ? formatCount(validation.folds, "fold")
      : `${validation.scored_folds} of ${formatCount(validation.folds, "fold")}`;
  return [
    ["validated on", folds],
    ["ensemble", validation.ensemble ? "yes" : "no"],
    ...(validation.max_predict_ms === null
      ? []
      : [["prediction", `at most ${formatNumber(validation.max_predict_ms)} ms per row`] as const]),
  ];
}

function searchOf(study: Study): Fact[] {
  return [
    ["sampler", study.search ? `${study.sampler} (${study.search})` : study.sampler],
    ["pruner", typeof study.pruner === "string" ? study.pruner : JSON.stringify(study.pruner)],
    ["seed", <code key="s">{study.seed}</code>],
    ["attempts", `at most ${study.max_attempts}`],
    ...(study.models.length > 0 ? [["families", study.models.join(", ")] as const] : []),
    ...(study.backend ? [["Keras on", study.backend] as const] : []),
    ["created", <Instant key="c" at={study.created_at} />],
    ["id", <code key="i">{study.id}</code>],
  ];
}
