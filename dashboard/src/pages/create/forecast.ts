/** A forecast as the form holds it: text as it is typed. */
import type { Goal } from "../../api/families";

export interface ForecastDraft {
  /** How many rows to predict of each series; empty: no forecast is meant. */
  horizon: string;
  /** Empty: found by the service. */
  time: string;
  /** Empty: the table is one series. */
  series: string;
  season: string;
  known: readonly string[];
}

export const EMPTY_FORECAST: ForecastDraft = { horizon: "", time: "", series: "", season: "", known: [] };

type Forecast = NonNullable<Goal["forecast"]>;

/** The forecast as the service takes it; null while it is not said how far ahead. */
export function forecastOf(draft: ForecastDraft): Forecast | null {
  const { horizon, time, series, season, known } = draft;
  if (!isWhole(horizon)) return null;
  return {
    horizon: Number(horizon),
    ...(time === "" ? {} : { time }),
    ...(series === "" ? {} : { series }),
    ...(isWhole(season) ? { season: Number(season) } : {}),
    ...(known.length === 0 ? {} : { known: [...known] }),
  };
}

/** What can be said without asking, by JSON pointer. */
export function forecastErrors(draft: ForecastDraft): Record<string, string> {
  const errors: Record<string, string> = {};
  if (draft.horizon.trim() === "") errors["#/forecast/horizon"] = "say how many rows ahead";
  else if (!isWhole(draft.horizon)) errors["#/forecast/horizon"] = "must be a whole number above 0";
  if (draft.season.trim() !== "" && !(isWhole(draft.season) && Number(draft.season) > 1)) {
    errors["#/forecast/season"] = "must be a whole number above 1, or empty";
  }
  return errors;
}

function isWhole(text: string): boolean {
  return /^\d+$/.test(text.trim()) && Number(text) > 0;
}
