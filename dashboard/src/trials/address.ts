/** Addresses within a study: all its views share a filter, the rest is each one's own. */
import { useNavigate, useSearchParams } from "react-router";

/** By which objective the best are chosen is a part of the filter. */
const SHARED = ["states", "best", "brush", "objective"];

/** The part of an address that all views of a study share. */
export function sharedOf(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => SHARED.includes(name)));
}

/** The part that belongs to one view: its columns, its scales, the trials it compares. */
export function ownOf(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([name]) => !SHARED.includes(name)));
}

/** The page of a trial; the filter goes with it, so that its neighbours are those that were shown. */
export function trialAddress(studyId: string, number: number, query: URLSearchParams) {
  return { pathname: `/studies/${studyId}/trials/${number}`, search: sharedOf(query).toString() };
}

/** Opens the page of a trial, from a chart. */
export function useOpenTrial(studyId: string): (number: number) => void {
  const navigate = useNavigate();
  const [query] = useSearchParams();
  return (number) => navigate(trialAddress(studyId, number, query));
}
