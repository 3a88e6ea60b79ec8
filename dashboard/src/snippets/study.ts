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
  const { name, budget, dataset, space, ...others } = body;
  const parameters = (space as { parameters?: Record<string, unknown> } | undefined)?.parameters;
  const limits = Object.entries(budget).map(([limit, value]) => `${limit}=${value}`);
  const lines = [
    "import tuner",
    "",
    `client = tuner.Client(${pythonLiteral(origin)})`,
    "study = client.create_study(",
    `    ${pythonLiteral(name)},`,
    ...(dataset ? [`    dataset=${pythonLiteral(datasetName ?? dataset)},`] : []),
    ...Object.entries(others).map(([key, value]) => `    ${key}=${pythonLiteral(value, 4)},`),
    ...(parameters === undefined ? [] : [`    space=${pythonSpace(parameters, 4)},`]),
    ...(limits.length > 0 ? [`    budget=tuner.Budget(${limits.join(", ")}),`] : []),
    ")",
  ];
  const next = dataset
    ? ["study.wait()", "study.leaderboard(limit=10)"]
    : ["trial = study.ask()", "trial.report(step=1, value=0.5)  # True: stop early", "trial.tell(0.4)"];
  return [...lines, ...next].join("\n");
}
