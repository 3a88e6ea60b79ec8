import { Link, NavLink, Outlet, useOutletContext, useParams } from "react-router";
import { OfflineError } from "../../api/client";
import { useFollowed, useStudy, useTrials } from "../../api/study";
import { LineState } from "../../components/LineState";
import { ErrorNotice, Loading } from "../../components/Notice";
import { StateBadge } from "../../components/StateBadge";
import styles from "./StudyPage.module.css";
import { useTabAddress } from "./tabs";
import { useView, type View } from "./useView";

const TABS = [
  { to: ".", label: "Overview" },
  { to: "analysis", label: "Analysis" },
  { to: "trials", label: "Leaderboard" },
  { to: "timeline", label: "Timeline" },
  { to: "space", label: "Set-up" },
] as const;

/** One study: its name and state, its tabs, and what they all show. */
export function StudyPage() {
  const { studyId = "" } = useParams();
  const study = useStudy(studyId);
  const trials = useTrials(studyId);
  const line = useFollowed(studyId);
  // What was told last stays while the server is away; the strip above the page says so.
  const failed = [study, trials].find(
    ({ data, error }) => error !== null && (data === undefined || !(error instanceof OfflineError)),
  );
  if (failed) {
    return (
      <ErrorNotice
        error={failed.error}
        onRetry={() => failed.refetch()}
        back={<Link to="/">All studies</Link>}
      />
    );
  }
  if (study.data === undefined || trials.data === undefined) return <Loading what="the study" />;
  return <Loaded study={study.data} table={trials.data} line={line} />;
}

function Loaded({
  study,
  table,
  line,
}: Pick<View, "study" | "table"> & { line: ReturnType<typeof useFollowed> }) {
  const view = useView(study, table);
  const addressOf = useTabAddress(`/studies/${study.id}`);
  return (
    <>
      <header className={styles.head}>
        <h1>{study.name}</h1>
        <StateBadge state={study.state} title={study.state_reason ?? undefined} />
        {study.state_reason ? <span className={styles.reason}>{study.state_reason}</span> : null}
        <LineState state={line} />
      </header>
      <nav aria-label="Views of the study" className={styles.tabs}>
        {TABS.map((tab) => (
          <NavLink
            key={tab.label}
            to={{ pathname: tab.to, search: addressOf(tab.to) }}
            end={tab.to === "."}
            className={({ isActive }) => (isActive ? `${styles.tab} ${styles.active}` : styles.tab)}
          >
            {tab.label}
          </NavLink>
        ))}
      </nav>
      <Outlet context={view} />
    </>
  );
}

/** The view of the study around this component. */
export function useStudyView(): View {
  return useOutletContext<View>();
}
