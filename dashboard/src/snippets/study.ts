/** A study to be created, in other words. */
import type { CreateBody } from "../pages/create/draft";
import { curlPost } from "./curl";
import { pythonLiteral, pythonSpace } from "./python";

/** The same request in Python and for a shell. */
export function studySnippets(
  origin: string,
  body: CreateBody,
  datasetName: string | null,
): Record<string, string> {
  return { Python: python(origin, body, datasetName), curl: curlPost(origin, "/v1/studies", body) };
}

function python(origin: string, body: CreateBody, datasetName: string | null): string {
  const { name, budget, dataset, space, forecast, ...others } = body;
  const parameters = (space as { parameters?: Record<string, unknown> } | undefined)?.parameters;
  const limits = Object.entries(budget).map(([limit, value]) => `${limit}=${value}`);
  const lines = [
    "import tuner",
    "",
    `client = tuner.Client(${pythonLiteral(origin)})`,
    "study = client.create_study(",
    `    ${pythonLiteral(name)},`,
    ...(dataset ? [`    dataset=${pythonLiteral(datasetName ?? dataset)},`] : []),
    ...(forecast ? [`    forecast=${pythonForecast(forecast)},`] : []),
    ...Object.entries(others).map(([key, value]) => `    ${key}=${pythonLiteral(value, 4)},`),
    ...(parameters === undefined ? [] : [`    space=${pythonSpace(parameters, 4)},`]),
    ...(limits.length > 0 ? [`    budget=tuner.Budget(${limits.join(", ")}),`] : []),
    ")",
  ];
  const next = body.objectives
    ? [
        "trial = study.ask()",
        "trial.report(step=1, value=0.5)  # True: stop early",
        `trial.tell(${told(body)})`,
      ]
    : ["study.wait()", "study.leaderboard(limit=10)"];
  return [...lines, ...next].join("\n");
}

/** The forecast as a call: the horizon, and what else is said. */
function pythonForecast({ horizon, ...others }: NonNullable<CreateBody["forecast"]>): string {
  const said = Object.entries(others).filter(
    ([, value]) => value !== null && !(Array.isArray(value) && value.length === 0),
  );
  return `tuner.Forecast(${[horizon, ...said.map(([name, value]) => `${name}=${pythonLiteral(value)}`)].join(", ")})`;
}

/** What is told with a result: the only number, or each by its name. */
function told({ objectives, constraints }: CreateBody): string {
  const names = [...new Set([...Object.keys(objectives ?? {}), ...Object.keys(constraints ?? {})])];
  return names.length < 2 ? "0.4" : pythonLiteral(Object.fromEntries(names.map((name) => [name, 0.4])));
}
