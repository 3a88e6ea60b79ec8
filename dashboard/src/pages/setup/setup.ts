/** How a study was set up, as pages show it. */
import type { Study } from "../../api/study";
import { type Parameter, parametersOf } from "../../trials/space";
import type { CreateBody } from "../create/draft";

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

/** A request that sets up the same study again under another name. */
export function againBody(study: Study): CreateBody {
  const { trials, seconds } = study.budget;
  const body: CreateBody = {
    name: `${study.name}-again`,
    budget: { ...(trials == null ? {} : { trials }), ...(seconds == null ? {} : { seconds }) },
  };
  if (study.dataset === null) {
    body.objectives = study.objectives;
    body.space = study.space;
    if (Object.keys(study.constraints ?? {}).length > 0) body.constraints = study.constraints;
  } else {
    body.dataset = study.dataset;
    if (study.target) body.target = study.target.name;
    if (study.metric) body.metric = study.metric;
    if (study.architecture) body.architecture = study.architecture;
    else body.models = study.models;
    if (study.target?.forecast) body.forecast = study.target.forecast;
  }
  if (study.sampler !== "auto") body.sampler = study.sampler;
  body.seed = study.seed;
  return body;
}
