import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { datasetQuery } from "../../api/datasets";
import { type Model, usePrediction } from "../../api/models";
import { studyQuery } from "../../api/study";
import { Button } from "../../components/Button";
import { Field } from "../../components/Field";
import { Panel } from "../../components/Panel";
import { Problem } from "../../components/Problem";
import { errorsByPointer, pointerPart } from "../../components/problems";
import { formatNumber } from "../../format/numbers";
import { type Column, columnsOf } from "../datasets/profile";
import { PredictionResult } from "./PredictionResult";
import styles from "./PredictPanel.module.css";
import { canBeTyped, choicesFor, rowErrors, rowOf, usualRow } from "./rows";

/** A form of the model's columns, and what it predicts for them. */
export function PredictPanel({ model }: { model: Model }) {
  const study = useQuery(studyQuery(model.study));
  const dataset = useQuery({
    ...datasetQuery(study.data?.dataset ?? ""),
    enabled: study.data?.dataset !== undefined && study.data.dataset !== null,
  });
  const columns = dataset.data ? columnsOf(dataset.data) : [];
  if (model.task === "forecast") return <ForecastPanel model={model} />;
  if (!canBeTyped(model)) {
    return (
      <Panel title="Predict">
        <p className={styles.muted}>
          Pictures and sequences cannot be typed in. See how to send them as code.
        </p>
      </Panel>
    );
  }
  if (study.isPending || dataset.isLoading) return <Panel title="Predict">Loading…</Panel>;
  return <RowForm model={model} columns={columns} />;
}

function RowForm({ model, columns }: { model: Model; columns: readonly Column[] }) {
  const [typed, setTyped] = useState(() => usualRow(model, columns));
  const prediction = usePrediction(model);
  const known = new Map(columns.map((column) => [column.name, column]));
  const told = errorsByPointer(prediction.error);
  const wrong = rowErrors(model, typed);

  function predict(event: FormEvent) {
    event.preventDefault();
    if (Object.keys(wrong).length === 0) prediction.mutate({ rows: [rowOf(model, typed)] });
  }

  return (
    <Panel title="Predict" aside="Begins with a usual row; empty is missing.">
      <form onSubmit={predict} className={styles.form}>
        <div className={styles.fields}>
          {model.columns.map(({ name }) => {
            const column = known.get(name);
            const choices = choicesFor(column);
            const control = {
              value: typed[name] ?? "",
              onChange: (event: { target: { value: string } }) =>
                setTyped((now) => ({ ...now, [name]: event.target.value })),
            };
            return (
              <Field
                key={name}
                label={name}
                hint={rangeOf(column)}
                error={wrong[name] ?? told[`#/rows/0/${pointerPart(name)}`]}
              >
                {(ties) =>
                  choices ? (
                    <select {...ties} {...control}>
                      <option value="">missing</option>
                      {choices.map((choice) => (
                        <option key={choice}>{choice}</option>
                      ))}
                    </select>
                  ) : (
                    <input
                      {...ties}
                      {...control}
                      inputMode={column?.kind === "number" ? "decimal" : "text"}
                    />
                  )
                }
              </Field>
            );
          })}
        </div>
        <Button kind="primary" type="submit" disabled={prediction.isPending}>
          {prediction.isPending ? "Predicting…" : `Predict ${model.target}`}
        </Button>
        <Problem error={prediction.error} />
        {prediction.data ? <PredictionResult target={model.target} prediction={prediction.data} /> : null}
      </form>
    </Panel>
  );
}

function ForecastPanel({ model }: { model: Model }) {
  const [horizon, setHorizon] = useState("12");
  const prediction = usePrediction(model);
  const isSound = /^\d{1,5}$/.test(horizon) && Number(horizon) > 0;
  return (
    <Panel title="Forecast">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (isSound) prediction.mutate({ horizon: Number(horizon) });
        }}
      >
        <Field label="Values ahead" error={isSound ? undefined : "must be a whole number above 0"}>
          {(ties) => (
            <input
              {...ties}
              inputMode="numeric"
              value={horizon}
              onChange={(event) => setHorizon(event.target.value)}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" disabled={prediction.isPending || !isSound}>
          {prediction.isPending ? "Predicting…" : `Forecast ${model.target}`}
        </Button>
        <Problem error={prediction.error} />
        {prediction.data ? <PredictionResult target={model.target} prediction={prediction.data} /> : null}
      </form>
    </Panel>
  );
}

function rangeOf(column: Column | undefined): string | undefined {
  if (column === undefined || column.minimum === null) return undefined;
  return `${formatNumber(column.minimum)} to ${formatNumber(column.maximum)}`;
}
