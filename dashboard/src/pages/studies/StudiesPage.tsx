import { useMemo } from "react";
import { Link } from "react-router";
import { useAddress } from "../../address";
import { useFollowedStudies } from "../../api/studies";
import { LineState } from "../../components/LineState";
import { ErrorNotice, Loading, Notice } from "../../components/Notice";
import { formatCount } from "../../format/numbers";
import { listed, readListing } from "./order";
import styles from "./StudiesPage.module.css";
import { StudiesTable } from "./StudiesTable";

/** All studies: what is running, how far each has come, and what it has found. */
export function StudiesPage() {
  const { line, ...studies } = useFollowedStudies();
  const [query, change] = useAddress();
  const listing = readListing(query);
  const { search, state, sort } = listing;
  const items = useMemo(
    () => listed(studies.data ?? [], { search, state, sort }),
    [studies.data, search, state, sort],
  );

  function put(name: string, value: string) {
    change((now) => {
      if (value === "") now.delete(name);
      else now.set(name, value);
      return now;
    });
  }

  if (studies.isPending) return <Loading what="studies" />;
  if (studies.data === undefined)
    return <ErrorNotice error={studies.error} onRetry={() => studies.refetch()} />;
  if (studies.data.length === 0) return <NoStudies />;
  return (
    <>
      <header className={styles.head}>
        <h1>Studies</h1>
        <LineState state={line} />
        <Link to="/create" className={styles.create}>
          New study
        </Link>
      </header>
      <search className={styles.tools}>
        <input
          type="search"
          data-search
          placeholder="Search by name (press /)"
          aria-label="Search studies by name"
          value={search}
          onChange={(event) => put("q", event.target.value)}
        />
        <select aria-label="State" value={state ?? ""} onChange={(event) => put("state", event.target.value)}>
          <option value="">any state</option>
          {["running", "paused", "completed", "cancelled", "failed"].map((each) => (
            <option key={each}>{each}</option>
          ))}
        </select>
        <select aria-label="Order" value={sort} onChange={(event) => put("sort", event.target.value)}>
          <option value="created">newest first</option>
          <option value="updated">last changed first</option>
          <option value="name">by name</option>
          <option value="trials">most trials first</option>
        </select>
        <span className={styles.count}>
          {items.length === studies.data.length
            ? formatCount(items.length, "study", "studies")
            : `${items.length} of ${formatCount(studies.data.length, "study", "studies")}`}
        </span>
      </search>
      {items.length === 0 ? (
        <Notice title="No study is like that">
          <p>Search for something else, or allow any state.</p>
        </Notice>
      ) : (
        <StudiesTable studies={items} />
      )}
    </>
  );
}

function NoStudies() {
  return (
    <Notice title="There are no studies yet">
      <p>
        A study looks for the best model of a table, or for the best parameters of a training of your own.
      </p>
      <Link to="/create" className={styles.create}>
        Create one from a table
      </Link>
      <p>Or from Python:</p>
      <pre>
        <code>{`import tuner\nclient = tuner.Client("${window.location.origin}")`}</code>
      </pre>
    </Notice>
  );
}
