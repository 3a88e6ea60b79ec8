import { Link } from "react-router";
import { Panel } from "../../components/Panel";
import styles from "./ModelCardPanel.module.css";

/** The model's own page: data, metrics, what its predictions hang on. It runs no scripts and sees nothing of ours. */
export function ModelCardPanel({ model, isLinked = false }: { model: string; isLinked?: boolean }) {
  const card = `/v1/models/${encodeURIComponent(model)}/card`;
  return (
    <Panel
      title="Model card"
      aside={
        <>
          {isLinked ? <Link to={`/models/${model}`}>Try a prediction</Link> : null}
          <a href={card} target="_blank" rel="noreferrer">
            Open in a tab
          </a>
        </>
      }
    >
      <iframe className={styles.card} title="Model card" src={card} sandbox="" loading="lazy" />
    </Panel>
  );
}
