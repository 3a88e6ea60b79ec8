import { type FormEvent, useId, useState } from "react";
import { Link } from "react-router";
import { type Trial, useEnqueue } from "../../api/trial";
import { Button } from "../../components/Button";
import { Dialog } from "../../components/Dialog";
import { Problem } from "../../components/Problem";
import { errorsByPointer, pointerPart } from "../../components/problems";
import { activeIn, pointOf, textOf } from "../../trials/point";
import { parametersOf } from "../../trials/space";
import { useStudyView } from "../study/StudyPage";
import { ParameterField } from "./ParameterField";
import styles from "./VariationDialog.module.css";

/** Another trial, with some parameters changed: it is tried before the sampler is asked. */
export function VariationDialog({ trial, onClose }: { trial: Trial; onClose: () => void }) {
  const { study } = useStudyView();
  const parameters = parametersOf(study.space);
  const [draft, setDraft] = useState<Record<string, string>>(() =>
    Object.fromEntries(Object.entries(trial.params).map(([name, value]) => [name, textOf(value)])),
  );
  const enqueue = useEnqueue(study.id);
  const form = useId();
  const { params, errors } = pointOf(parameters, draft);
  const told = errorsByPointer(enqueue.error);
  const isSound = Object.keys(errors).length === 0;

  function send(event: FormEvent) {
    event.preventDefault();
    if (isSound) enqueue.mutate(params);
  }

  return (
    <Dialog
      title={`A variation of trial ${trial.number}`}
      isOpen
      onClose={onClose}
      actions={
        <Button kind="primary" type="submit" form={form} disabled={!isSound || enqueue.isPending}>
          Enqueue
        </Button>
      }
    >
      <form id={form} onSubmit={send} className={styles.form}>
        {activeIn(parameters, draft).map((parameter) => (
          <ParameterField
            key={parameter.name}
            parameter={parameter}
            text={draft[parameter.name] ?? ""}
            error={errors[parameter.name] ?? told[`#/trials/0/params/${pointerPart(parameter.name)}`]}
            onChange={(text) => setDraft((now) => ({ ...now, [parameter.name]: text }))}
          />
        ))}
      </form>
      <p className={styles.note}>What is left empty is drawn at random.</p>
      {typeof enqueue.data === "number" ? (
        <p role="status">
          It waits as <Link to={`/studies/${study.id}/trials/${enqueue.data}`}>trial {enqueue.data}</Link>.
        </p>
      ) : null}
      <Problem error={enqueue.error} />
    </Dialog>
  );
}
