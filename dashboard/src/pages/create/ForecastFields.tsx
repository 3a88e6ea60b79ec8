import { More } from "../../components/More";
import { SelectField } from "../../components/SelectField";
import { Switch } from "../../components/Switch";
import { TextField } from "../../components/TextField";
import { columnsOf } from "../datasets/profile";
import { EMPTY_FORECAST, type ForecastDraft } from "./forecast";
import styles from "./steps.module.css";
import type { DatasetStepProps } from "./TargetStep";

/** Whether the rows are a time series whose next values are predicted, and which columns say what belongs together. */
export function ForecastFields({ draft, change, errors, dataset }: DatasetStepProps) {
  const { forecast } = draft;
  const columns = columnsOf(dataset).filter(
    (column) => column.shape === null && column.name !== draft.target,
  );
  if (columns.length === 0) return null;
  const put = (more: Partial<ForecastDraft>) =>
    change({ forecast: { ...(forecast ?? EMPTY_FORECAST), ...more } });
  const names = columns.map(({ name }) => [name, name] as const);
  return (
    <div className={styles.stack}>
      <div>
        <Switch
          label="Forecast: the rows are a time series, and its next values are wanted"
          isOn={forecast !== null}
          onChange={(isOn) => change({ forecast: isOn ? EMPTY_FORECAST : null, task: "", metric: "" })}
        />
      </div>
      {forecast === null ? null : (
        <>
          <div className={styles.fields}>
            <TextField
              label="Rows ahead"
              value={forecast.horizon}
              error={errors["#/forecast/horizon"] ?? errors["#/forecast"]}
              hint="Counted from the last row of each series."
              inputMode="numeric"
              placeholder="12"
              onChange={(horizon) => put({ horizon })}
            />
            <SelectField
              label="Column of time"
              value={forecast.time}
              error={errors["#/forecast/time"]}
              hint="It orders the rows."
              options={[["", "the only column of dates"], ...names]}
              onChange={(time) => put({ time })}
            />
            <SelectField
              label="Column of series"
              value={forecast.series}
              error={errors["#/forecast/series"]}
              hint="It tells several series apart."
              options={[["", "none: it is one series"], ...names]}
              onChange={(series) => put({ series })}
            />
          </div>
          <More
            title="More: season, what is known in advance"
            errors={errors}
            pointers={["#/forecast/season", "#/forecast/known"]}
          >
            <div className={styles.fields}>
              <TextField
                label="Season"
                value={forecast.season}
                error={errors["#/forecast/season"]}
                hint="After how many rows a pattern repeats, such as 12 for months. Empty: found out."
                inputMode="numeric"
                onChange={(season) => put({ season })}
              />
            </div>
            <Known {...{ forecast, put, errors, names: names.map(([name]) => name) }} />
          </More>
        </>
      )}
    </div>
  );
}

interface KnownProps {
  forecast: ForecastDraft;
  put: (more: Partial<ForecastDraft>) => void;
  errors: Readonly<Record<string, string>>;
  names: readonly string[];
}

function Known({ forecast, put, errors, names }: KnownProps) {
  const open = names.filter((name) => name !== forecast.time && name !== forecast.series);
  if (open.length === 0) return null;
  const wrong = Object.entries(errors).find(([at]) => at.startsWith("#/forecast/known"));
  return (
    <fieldset className={styles.families}>
      <legend>Columns known for times to come; the others are left out</legend>
      {open.map((name) => (
        <label key={name} className={styles.family}>
          <input
            type="checkbox"
            checked={forecast.known.includes(name)}
            onChange={(event) =>
              put({
                known: event.target.checked
                  ? [...forecast.known, name]
                  : forecast.known.filter((each) => each !== name),
              })
            }
          />
          {name}
        </label>
      ))}
      {wrong ? <p className={styles.error}>{wrong[1]}</p> : null}
    </fieldset>
  );
}
