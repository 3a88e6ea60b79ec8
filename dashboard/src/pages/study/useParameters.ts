import { useMemo } from "react";
import type { Study } from "../../api/study";
import { type Parameter, type Parameters, parametersOf } from "../../trials/space";

/** The parameters of a study, the same object as long as it is the same study: spaces do not change. */
export function useParameters(study: Study): Parameters {
  // biome-ignore lint/correctness/useExhaustiveDependencies: every event brings a new but equal space.
  return useMemo(() => parametersOf(study.space), [study.id]);
}

/** The names of those that vary. */
export function varying(parameters: Parameters): string[] {
  return [...parameters.values()].filter(canVary).map((parameter) => parameter.name);
}

function canVary(parameter: Parameter): boolean {
  if (parameter.kind === "constant") return false;
  return parameter.kind === "categorical" ? parameter.choices.length > 1 : parameter.high > parameter.low;
}
