import { useQuery } from "@tanstack/react-query";
import { optionsQuery } from "../../api/options";
import { Field } from "../../components/Field";
import { errorsBelow } from "../../components/problems";
import { SelectField } from "../../components/SelectField";
import type { NetworkDraft } from "./network";
import styles from "./steps.module.css";
import type { DatasetStepProps } from "./TargetStep";

const ROLES = [
  ["none", "none"],
  ["alone", "tune it alone"],
  ["beside", "let it compete with the families"],
] as const;

/** A network of one's own in JSON, and what networks are trained on. */
export function NetworkFields({ draft, change, errors, families }: DatasetStepProps) {
  const options = useQuery(optionsQuery);
  const { network } = draft;
  const put = (more: Partial<NetworkDraft>) => change({ network: { ...network, ...more } });
  const competing = families?.items.filter((each) => draft.models?.includes(each.name) ?? each.default) ?? [];
  const hasNetwork = network.role !== "none" || competing.some((family) => family.network);
  const wrong = errorsBelow(errors, "#/architecture");
  return (
    <div className={styles.stack}>
      <div className={styles.fields}>
        <SelectField
          label="A network of your own"
          value={network.role}
          options={ROLES}
          onChange={(role) => put({ role: role as NetworkDraft["role"] })}
        />
        <SelectField
          label="Networks are trained on"
          value={draft.backend}
          error={errors["#/backend"]}
          hint={hasNetwork ? undefined : "None of the families that compete is a network."}
          options={[
            ["", "what a worker has"],
            ...(options.data?.backends ?? []).map((backend) => [backend, backend] as const),
          ]}
          onChange={(backend) => change({ backend })}
        />
      </div>
      {network.role === "none" ? null : (
        <Field
          label="The network, in JSON"
          error={wrong.length > 0 ? wrong.map(placed).join("\n") : undefined}
          hint="Layers as in Keras; any argument may be a search parameter. The service checks every point of its space before anything is built."
        >
          {(ties) => (
            <textarea
              {...ties}
              className={`${ties.className} ${styles.code}`}
              rows={Math.min(24, network.text.split("\n").length + 1)}
              spellCheck={false}
              value={network.text}
              onChange={(event) => put({ text: event.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  );
}

/** What is wrong, behind where in the document it is. */
function placed([place, detail]: readonly [string, string]): string {
  return place === "" ? detail : `${place}: ${detail}`;
}
