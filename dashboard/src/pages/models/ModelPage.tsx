import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "react-router";
import { type Model, modelQuery } from "../../api/models";
import { studyQuery } from "../../api/study";
import { CodeTabs } from "../../components/CodeTabs";
import { Facts } from "../../components/Facts";
import { ErrorNotice, Loading } from "../../components/Notice";
import { Panel } from "../../components/Panel";
import { formatBytes, formatNumber } from "../../format/numbers";
import { ModelCardPanel } from "../trial/ModelCardPanel";
import styles from "./ModelPage.module.css";
import { PredictPanel } from "./PredictPanel";

/** One trained model: what it is, and what it says of rows that are typed in. */
export function ModelPage() {
  const { modelId = "" } = useParams();
  const model = useQuery(modelQuery(modelId));
  if (model.isPending) return <Loading what="the model" />;
  if (model.data === undefined) {
    return (
      <ErrorNotice
        error={model.error}
        onRetry={() => model.refetch()}
        back={<Link to="/models">All models</Link>}
      />
    );
  }
  return <Loaded model={model.data} />;
}

function Loaded({ model }: { model: Model }) {
  const study = useQuery(studyQuery(model.study));
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>
          {model.family} for {model.target}
        </h1>
        <span className={styles.muted}>
          <Link to={`/studies/${model.study}/trials/${model.number}`}>trial {model.number}</Link> of{" "}
          <Link to={`/studies/${model.study}`}>{study.data?.name ?? "its study"}</Link>
        </span>
        <a className={styles.download} href={model.download} download>
          Download ({formatBytes(model.file.size)})
        </a>
      </header>
      <div className={styles.panels}>
        <PredictPanel model={model} />
        <div className={styles.side}>
          <Panel title="Score">
            <Facts
              facts={[
                [
                  model.metric,
                  <b key="v">
                    {formatNumber(model.value, 5)}
                    {model.standard_error === null ? "" : ` ± ${formatNumber(model.standard_error, 2)}`}
                  </b>,
                ],
                ["task", model.task],
                ...(model.classes.length > 0 ? [["classes", model.classes.join(", ")] as const] : []),
                ["validated on", `${model.folds} folds`],
                ...(model.members.length > 0
                  ? [
                      [
                        "members",
                        model.members
                          .map((member) => `${member.family} (${Math.round(100 * member.weight)} %)`)
                          .join(", "),
                      ] as const,
                    ]
                  : []),
              ]}
            />
          </Panel>
          <Panel title="As code">
            <CodeTabs codes={codesOf(model, study.data?.name ?? model.study)} />
          </Panel>
        </div>
      </div>
      <ModelCardPanel model={model.id} />
    </div>
  );
}

function codesOf(model: Model, study: string): Record<string, string> {
  const { origin } = window.location;
  return {
    Python: [
      "import tuner",
      "",
      `client = tuner.Client(${JSON.stringify(origin)})`,
      "# In this process, with the model's own libraries:",
      `model = client.get_study(${JSON.stringify(study)}).model(${model.number})`,
      "model.predict(rows)",
      "# Or by a worker of the service:",
      `client.predict(${JSON.stringify(model.id)}, rows)`,
    ].join("\n"),
    curl: [
      `curl -X POST '${origin}${model.predictions}'`,
      "  -H 'Content-Type: text/csv'",
      "  --data-binary @rows.csv",
    ].join(" \\\n"),
  };
}
