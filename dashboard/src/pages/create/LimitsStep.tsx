import { useQuery } from "@tanstack/react-query";
import { optionsQuery } from "../../api/options";
import { More } from "../../components/More";
import { Panel } from "../../components/Panel";
import { SelectField } from "../../components/SelectField";
import { TextField } from "../../components/TextField";
import type { StepProps } from "./CreatePage";
import { optionsOf } from "./pruner";
import styles from "./steps.module.css";

/** How much the study may spend, and how it searches. */
export function LimitsStep({ draft, change, errors }: StepProps) {
  return (
    <Panel title={draft.mode === "own" ? "2 · Budget" : "3 · Budget"}>
      <div className={styles.stack}>
        <div className={styles.fields}>
          <TextField
            label="Trials"
            value={draft.trials}
            error={errors["#/budget/trials"]}
            hint="Empty: no limit."
            inputMode="numeric"
            onChange={(trials) => change({ trials })}
          />
          <TextField
            label="Minutes"
            value={draft.minutes}
            error={errors["#/budget/seconds"]}
            hint="Empty: no limit. The study ends at whichever comes first."
            inputMode="decimal"
            onChange={(minutes) => change({ minutes })}
          />
        </div>
        <More
          title="More: how it searches"
          errors={errors}
          pointers={["#/sampler", "#/pruner", "#/seed", "#/max_attempts"]}
        >
          <SearchFields {...{ draft, change, errors }} />
        </More>
      </div>
    </Panel>
  );
}

function SearchFields({ draft, change, errors }: StepProps) {
  const options = useQuery(optionsQuery).data;
  const { pruner } = draft;
  const defaults = options?.defaults;
  const fields = optionsOf(pruner.name, options);
  const described = (known: readonly { name: string; description: string }[] | undefined, name: string) =>
    known?.find((each) => each.name === name)?.description;
  return (
    <>
      <div className={styles.fields}>
        <SelectField
          label="Sampler"
          value={draft.sampler}
          error={errors["#/sampler"]}
          hint={described(options?.samplers, draft.sampler || (defaults?.sampler ?? ""))}
          options={choices(options?.samplers, defaults?.sampler)}
          onChange={(sampler) => change({ sampler })}
        />
        <SelectField
          label="Pruner"
          value={pruner.name}
          error={errors["#/pruner"] ?? errors["#/pruner/name"]}
          hint={
            described(options?.pruners, pruner.name) ??
            (draft.mode === "own"
              ? described(options?.pruners, defaults?.pruner ?? "")
              : defaults &&
                `${defaults.fold_pruner} where candidates are cross-validated, else ${defaults.pruner}.`)
          }
          options={choices(options?.pruners, draft.mode === "own" ? defaults?.pruner : undefined)}
          onChange={(name) => change({ pruner: { name, options: {} } })}
        />
        <TextField
          label="Seed"
          value={draft.seed}
          error={errors["#/seed"]}
          hint="Empty: the service draws one."
          inputMode="numeric"
          onChange={(seed) => change({ seed })}
        />
        <TextField
          label="Attempts"
          value={draft.maxAttempts}
          error={errors["#/max_attempts"]}
          hint="How often a trial is tried while its workers are lost."
          inputMode="numeric"
          placeholder={defaults ? String(defaults.max_attempts) : ""}
          onChange={(maxAttempts) => change({ maxAttempts })}
        />
      </div>
      {fields.length === 0 ? null : (
        <fieldset className={styles.options}>
          <legend>Options of {pruner.name}; what is left empty has its default</legend>
          <div className={styles.fields}>
            {fields.map(([option, standard]) => (
              <TextField
                key={option}
                label={option}
                value={pruner.options[option] ?? ""}
                error={errors[`#/pruner/${option}`]}
                inputMode="decimal"
                placeholder={standard}
                onChange={(text) =>
                  change({ pruner: { ...pruner, options: { ...pruner.options, [option]: text } } })
                }
              />
            ))}
          </div>
        </fieldset>
      )}
    </>
  );
}

/** The names to choose from, before them the default. */
function choices(known: readonly { name: string }[] | undefined, standard: string | undefined) {
  return [
    ["", standard ? `${standard} (default)` : "as the service chooses"] as const,
    ...(known ?? []).filter(({ name }) => name !== standard).map(({ name }) => [name, name] as const),
  ];
}
