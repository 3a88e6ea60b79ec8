/** How a study was set up, as pages show it. */
import type { Schemas } from "../../api/client";
import type { Goal } from "../../api/families";
import type { Study } from "../../api/study";
import { type Parameter, parametersOf } from "../../trials/space";
import type { CreateBody } from "../create/draft";
import { inStudy } from "../create/familySpace";

export interface SpaceNode {
  parameter: Parameter;
  /** With which values of the parameter above it is there; null: always. */
  when: string | null;
  /** Conditions on further parameters. */
  also: string | null;
  children: SpaceNode[];
}

/** The parameters as a tree: what hangs on a parameter is below it. */
export function spaceTree(space: Study["space"]): SpaceNode[] {
  const parameters = [...parametersOf(space).values()];
  const nodes = new Map<string, SpaceNode>(
    parameters.map((parameter) => [parameter.name, { parameter, ...wordsOf(parameter), children: [] }]),
  );
  const roots: SpaceNode[] = [];
  for (const node of nodes.values()) {
    const parent = Object.keys(node.parameter.when ?? {})[0];
    const above = parent === undefined ? undefined : nodes.get(parent);
    (above?.children ?? roots).push(node);
  }
  return roots;
}

function wordsOf(parameter: Parameter): Pick<SpaceNode, "when" | "also"> {
  const [first, ...others] = Object.entries(parameter.when ?? {});
  return {
    when: first === undefined ? null : first[1].map(String).join(" or "),
    also:
      others.length === 0
        ? null
        : others.map(([name, values]) => `${name} is ${values.map(String).join(" or ")}`).join(" and "),
  };
}

/** Children by the values of their parent with which they are there, in the order of the space. */
export function byCondition(children: readonly SpaceNode[]): [when: string, children: SpaceNode[]][] {
  const groups = new Map<string, SpaceNode[]>();
  for (const child of children) {
    const when = child.when ?? "";
    groups.set(when, [...(groups.get(when) ?? []), child]);
  }
  return [...groups];
}

/** What the study predicts, as families are asked about it. */
export function goalOfStudy({ dataset, target }: Study): Goal {
  return {
    dataset: dataset ?? "",
    ...(target ? { target: target.name } : {}),
    ...(target?.forecast ? { forecast: target.forecast } : target ? { task: target.task } : {}),
  };
}

/**
 * A request that sets up the same study again under another name.
 *
 * @param families Those that fit the dataset, with their own spaces: of the study's space only what differs is said.
 */
export function againBody(study: Study, families: readonly Schemas["FamilyResource"][] = []): CreateBody {
  const { trials, seconds } = study.budget;
  const body: CreateBody = {
    name: `${study.name}-again`,
    budget: { ...(trials == null ? {} : { trials }), ...(seconds == null ? {} : { seconds }) },
    ...(study.dataset === null ? ownParts(study) : datasetParts(study, families)),
  };
  if (study.sampler !== "auto") body.sampler = study.sampler;
  body.pruner = study.pruner;
  body.seed = study.seed;
  body.max_attempts = study.max_attempts;
  return body;
}

function ownParts(study: Study): Partial<CreateBody> {
  const hasConstraints = Object.keys(study.constraints ?? {}).length > 0;
  return {
    objectives: study.objectives,
    space: study.space,
    ...(hasConstraints && study.constraints ? { constraints: study.constraints } : {}),
  };
}

function datasetParts(study: Study, families: readonly Schemas["FamilyResource"][]): Partial<CreateBody> {
  const { validation } = study;
  const changed = changedParameters(study, families);
  const constraints = (study.space.constraints ?? []) as readonly unknown[];
  return {
    models: study.models,
    ...goalOfStudy(study),
    ...(study.metric ? { metric: study.metric } : {}),
    ...(study.architecture ? { architecture: study.architecture } : {}),
    ...(study.backend ? { backend: study.backend } : {}),
    ...(Object.keys(changed).length > 0 || constraints.length > 0
      ? {
          space: {
            version: 1,
            parameters: changed,
            ...(constraints.length > 0 ? { constraints } : {}),
          },
        }
      : {}),
    // Where only some folds are scored, the service has chosen them, and would do so again: asked for, all are scored.
    ...(validation && validation.folds === validation.scored_folds ? { folds: validation.folds } : {}),
    ...(validation ? { ensemble: validation.ensemble } : {}),
    ...(validation?.max_predict_ms == null ? {} : { max_predict_ms: validation.max_predict_ms }),
  };
}

/** The parameters that are not as their family has them on this dataset: another range, or a further condition. */
function changedParameters(
  study: Study,
  families: readonly Schemas["FamilyResource"][],
): Record<string, unknown> {
  const own = new Map<string, string>();
  for (const family of families) {
    const parameters = (family.space?.parameters ?? {}) as Record<string, Written>;
    for (const [name, written] of Object.entries(parameters)) {
      own.set(`${family.name}.${name}`, ordered(inStudy(family.name, written)));
    }
  }
  const parameters = (study.space.parameters ?? {}) as Record<string, Written>;
  return Object.fromEntries(
    Object.entries(parameters).filter(
      ([name, written]) => name !== "model" && own.get(name) !== ordered(written),
    ),
  );
}

type Written = Readonly<Record<string, unknown>>;

/** A value as text that does not hang on the order in which its parts were written. */
function ordered(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) =>
    typeof part === "object" && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
