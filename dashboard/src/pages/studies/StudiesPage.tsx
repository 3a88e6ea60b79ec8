import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type Schemas, send } from "../../api/client";
import { ErrorNotice, Loading, Notice } from "../../components/Notice";
import { StateBadge } from "../../components/StateBadge";

/** All studies: what is running, and how far each has come. */
export function StudiesPage() {
  const studies = useQuery({
    queryKey: ["studies"],
    queryFn: ({ signal }) =>
      send<Schemas["StudyPage"]>("GET", "/v1/studies", { query: { limit: 200 }, signal }),
  });
  if (studies.isPending) return <Loading what="studies" />;
  if (studies.isError) return <ErrorNotice error={studies.error} onRetry={() => studies.refetch()} />;
  if (studies.data.items.length === 0) return <Notice title="There are no studies yet" />;
  return (
    <>
      <h1>Studies</h1>
      <ul>
        {studies.data.items.map((study) => (
          <li key={study.id}>
            <Link to={`/studies/${study.id}`}>{study.name}</Link> <StateBadge state={study.state} />
          </li>
        ))}
      </ul>
    </>
  );
}
