import type { Study } from "../../api/study";
import { RangeBar } from "../../components/RangeBar";
import { formatCount } from "../../format/numbers";
import type { Parameter } from "../../trials/space";
import styles from "./SpaceTree.module.css";
import { byCondition, type SpaceNode, spaceTree } from "./setup";

/** A search space, drawn: each range on its scale, and what hangs on a choice below that choice. */
export function SpaceTree({ space }: { space: Study["space"] }) {
  return <Nodes nodes={spaceTree(space)} prefix="" />;
}

function Nodes({ nodes, prefix }: { nodes: readonly SpaceNode[]; prefix: string }) {
  return (
    <ul className={styles.nodes}>
      {nodes.map((node) => (
        <li key={node.parameter.name}>
          <div className={styles.parameter}>
            <span className={styles.name} title={node.parameter.name}>
              {short(node.parameter.name, prefix)}
            </span>
            <Domain parameter={node.parameter} />
          </div>
          {node.also ? <p className={styles.also}>only when {node.also}</p> : null}
          {byCondition(node.children).map(([when, children], place) => (
            <details key={when} className={styles.group} open={node.children.length <= 12 || place === 0}>
              <summary>
                when {short(node.parameter.name, prefix)} is <b>{when}</b>:{" "}
                {formatCount(children.length, "parameter")}
              </summary>
              <Nodes nodes={children} prefix={commonPrefix(children)} />
            </details>
          ))}
        </li>
      ))}
    </ul>
  );
}

function Domain({ parameter }: { parameter: Parameter }) {
  if (parameter.kind === "float" || parameter.kind === "int") {
    return (
      <span className={styles.range}>
        <RangeBar low={parameter.low} high={parameter.high} log={parameter.log} />
        {parameter.kind === "int" ? <span className={styles.kind}>whole numbers</span> : null}
      </span>
    );
  }
  return (
    <span className={styles.choices}>
      {parameter.choices.map((choice) => (
        <span key={String(choice)} className={styles.choice}>
          {String(choice)}
        </span>
      ))}
    </span>
  );
}

/** `svm.` for parameters that are all called so. */
function commonPrefix(nodes: readonly SpaceNode[]): string {
  const first = nodes[0]?.parameter.name.split(".")[0];
  const prefix = `${first}.`;
  return nodes.every((node) => node.parameter.name.startsWith(prefix)) ? prefix : "";
}

function short(name: string, prefix: string): string {
  return prefix !== "" && name.startsWith(prefix) ? name.slice(prefix.length) : name;
}
