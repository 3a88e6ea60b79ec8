import { useEffect, useState } from "react";
import { Link } from "react-router";
import { Panel } from "../../components/Panel";
import { followTheme } from "./cardTheme";
import styles from "./ModelCardPanel.module.css";

/**
 * The model's own page: data, metrics, what its predictions hang on.
 *
 * It runs no scripts: neither the frame nor the service's answer allows any. It counts as of the same origin, for a
 * page of another one is left undrawn while it is outside of the window, and its height cannot be read.
 */
export function ModelCardPanel({ model, isLinked = false }: { model: string; isLinked?: boolean }) {
  const card = `/v1/models/${encodeURIComponent(model)}/card`;
  // Undefined while it loads; null if the service answered with something else than a page.
  const [page, setPage] = useState<HTMLElement | null>();
  const height = useHeight(page);
  useEffect(() => (page ? followTheme(page.ownerDocument) : undefined), [page]);
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
      {page === undefined ? (
        <p className={styles.none} role="status">
          Drawing the card…
        </p>
      ) : null}
      {page === null ? (
        <p className={styles.none} role="alert">
          The card cannot be shown. Open it in a tab to see why.
        </p>
      ) : null}
      <iframe
        className={styles.card}
        title="Model card"
        src={card}
        sandbox="allow-same-origin"
        hidden={page === null}
        style={{ height }}
        onLoad={(event) => setPage(pageOf(event.currentTarget))}
      />
    </Panel>
  );
}

/** What the frame shows; an answer other than a page says in JSON why there is none. */
function pageOf(frame: HTMLIFrameElement): HTMLElement | null {
  const document = frame.contentDocument;
  return document?.contentType === "text/html" ? document.documentElement : null;
}

/** How high a page is, also when the window has been made narrower. */
function useHeight(page: HTMLElement | null | undefined): number {
  const [height, setHeight] = useState(0);
  useEffect(() => {
    if (!page) return;
    const observer = new ResizeObserver(() => setHeight(page.offsetHeight));
    observer.observe(page);
    return () => observer.disconnect();
  }, [page]);
  return height;
}
