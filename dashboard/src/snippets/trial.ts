/** A trial in other words: how to get it, and how to try its parameters again. */
import type { Study } from "../api/study";
import { isAskable, type Trial } from "../api/trial";
import { curlPost, shellQuoted } from "./curl";
import { pythonLiteral } from "./python";

export function trialSnippets(origin: string, study: Study, trial: Trial): Record<string, string> {
  const hasModel = study.dataset !== null && trial.state === "completed";
  const path = `/v1/studies/${study.id}/trials`;
  const python = [
    "import tuner",
    "",
    `client = tuner.Client(${pythonLiteral(origin)})`,
    `study = client.get_study(${pythonLiteral(study.name)})`,
    `trial = study.trial(${trial.number})`,
    ...(hasModel ? ["", `model = study.model(${trial.number})`, "model.predict(rows)"] : []),
    ...(isAskable(trial)
      ? ["", "# The same parameters once more:", `study.enqueue(${pythonLiteral(trial.params)})`]
      : []),
  ];
  return {
    Python: python.join("\n"),
    curl: isAskable(trial)
      ? curlPost(origin, path, { trials: [{ params: trial.params }] })
      : `curl ${shellQuoted(`${origin}${path}/${trial.number}`)}`,
    JSON: JSON.stringify(trial, null, 2),
  };
}
