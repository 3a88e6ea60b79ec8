import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { type Schemas, send } from "../../api/client";
import { type Dataset, datasetQuery } from "../../api/datasets";
import { familiesQuery, type Goal, goalErrors } from "../../api/families";
import { studiesQuery } from "../../api/studies";
import { Button } from "../../components/Button";
import { CodeTabs } from "../../components/CodeTabs";
import { Problem } from "../../components/Problem";
import { errorsByPointer } from "../../components/problems";
import { studySnippets } from "../../snippets/study";
import { usualTarget } from "../datasets/profile";
import styles from "./CreatePage.module.css";
import { DatasetStep } from "./DatasetStep";
import { bodyOf, type CreateBody, EMPTY_DRAFT, NOTHING_OF_A_DATASET, type StudyDraft } from "./draft";
import { draftErrors } from "./draftErrors";
import { forecastOf } from "./forecast";
import { GoalStep } from "./GoalStep";
import { LimitsStep } from "./LimitsStep";
import { SpaceStep } from "./SpaceStep";
import { TargetStep } from "./TargetStep";

/** What every step of the form is given. */
export interface StepProps {
  draft: StudyDraft;
  change: (more: Partial<StudyDraft>) => void;
  /** What is wrong, by JSON pointer. */
  errors: Readonly<Record<string, string>>;
}

/** A form that makes a study, of a dataset or of a training of one's own, and shows the same request as code. */
export function CreatePage() {
  const [query, setQuery] = useSearchParams();
  const datasetId = query.get("dataset");
  const dataset = useQuery({ ...datasetQuery(datasetId ?? ""), enabled: datasetId !== null });
  const [draft, setDraft] = useState<StudyDraft>({
    ...EMPTY_DRAFT,
    mode: query.get("mode") === "own" ? "own" : "table",
  });
  const [hasTried, setHasTried] = useState(false);
  const create = useCreation();
  const known = datasetId === null ? null : (dataset.data ?? null);
  const filled = withDefaults(draft, known);
  const found = draftErrors(filled, known?.id ?? null);
  const goal = {
    ...familiesQuery(goalOf(filled, datasetId)),
    enabled: draft.mode === "table" && known !== null,
  };
  const families = useQuery(goal);
  // Before the first try nobody is told that what is still empty is empty.
  const errors = {
    ...goalErrors(families.error),
    ...errorsByPointer(create.error),
    ...(hasTried ? found : withoutEmpty(found)),
  };
  const body = bodyOf(filled, known?.id ?? null);
  const steps: StepProps = {
    // The name stays as it was typed: an empty field shows what it would be.
    draft: { ...filled, name: draft.name },
    errors,
    change: (more) => {
      create.reset();
      setDraft((now) => ({ ...now, ...more }));
    },
  };

  function submit(event: FormEvent) {
    event.preventDefault();
    setHasTried(true);
    if (Object.keys(found).length > 0) showFirstError();
    else create.mutate(body, { onError: showFirstError });
  }

  function choose(chosen: Dataset | null) {
    setQuery(chosen === null ? {} : { dataset: chosen.id }, { replace: true });
    setDraft((now) => ({ ...now, ...NOTHING_OF_A_DATASET }));
  }

  return (
    <form onSubmit={submit} noValidate className={styles.page}>
      <div className={styles.steps}>
        <header>
          <h1>New study</h1>
          <fieldset className={styles.modes}>
            <legend className="visually-hidden">What is tuned</legend>
            {MODES.map(({ mode, title, words }) => (
              <label key={mode} className={styles.mode}>
                <input
                  type="radio"
                  name="mode"
                  checked={draft.mode === mode}
                  onChange={() => steps.change({ mode, parameters: [] })}
                />
                <span>
                  <b>{title}</b>
                  <span className={styles.words}>{words}</span>
                </span>
              </label>
            ))}
          </fieldset>
        </header>
        {draft.mode === "table" ? (
          <>
            <DatasetStep dataset={known} error={errors["#/dataset"]} onChoose={choose} />
            {known ? <TargetStep {...steps} dataset={known} families={families.data} /> : null}
          </>
        ) : (
          <GoalStep {...steps} />
        )}
        {draft.mode === "own" || known ? (
          <>
            <LimitsStep {...steps} />
            <SpaceStep {...steps} families={draft.mode === "table" ? families.data : null} />
          </>
        ) : null}
      </div>
      <aside className={styles.aside}>
        <h2>The same as code</h2>
        <CodeTabs codes={studySnippets(window.location.origin, body, known?.name ?? null)} />
        <Problem error={create.error} />
        {/* Of what has a place in the form, it is told there. */}
        <Problem error={Object.keys(goalErrors(families.error)).length > 0 ? null : families.error} />
        {hasTried && Object.keys(found).length > 0 ? (
          <p role="alert" className={styles.missing}>
            {Object.keys(found).length === 1 ? "One field needs" : `${Object.keys(found).length} fields need`}{" "}
            your attention.
          </p>
        ) : null}
        <Button kind="primary" type="submit" disabled={create.isPending}>
          {create.isPending ? "Creating…" : "Create and start"}
        </Button>
      </aside>
    </form>
  );
}

const MODES = [
  {
    mode: "table",
    title: "Models of your data",
    words:
      "The workers of this service train models that predict a column of a table, or what pictures show.",
  },
  {
    mode: "own",
    title: "A training of your own",
    words: "Your code asks for parameters, trains anywhere, and tells how good they were.",
  },
] as const;

function useCreation() {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: CreateBody) => send<Schemas["StudyResource"]>("POST", "/v1/studies", { body }),
    onSuccess: (study) => {
      queries.invalidateQueries({ queryKey: studiesQuery.queryKey });
      navigate(`/studies/${study.id}`);
    },
  });
}

/** Go to the first field with an error, once it has been drawn. */
function showFirstError() {
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector<HTMLElement>("form [aria-invalid]")?.focus()),
  );
}

/** What the families are asked about. */
function goalOf(draft: StudyDraft, dataset: string | null): Goal {
  const forecast = draft.forecast && forecastOf(draft.forecast);
  return {
    dataset: dataset ?? "",
    ...(draft.target === "" ? {} : { target: draft.target }),
    ...(forecast ? { forecast } : draft.task === "" ? {} : { task: draft.task }),
  };
}

/** What follows from the dataset, until something else is chosen. */
function withDefaults(draft: StudyDraft, dataset: Dataset | null): StudyDraft {
  if (draft.mode === "own" || dataset === null) return draft;
  const target = draft.target || usualTarget(dataset);
  return { ...draft, target, name: draft.name.trim() || `${dataset.name}-${target || "study"}` };
}

function withoutEmpty(errors: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(errors).filter(([, error]) => error.startsWith("must be")));
}
