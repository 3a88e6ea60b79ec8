import { useState } from "react";
import { type Trial, useNote } from "../../api/trial";
import { Button } from "../../components/Button";
import { Panel } from "../../components/Panel";
import { Problem } from "../../components/Problem";
import styles from "./NotePanel.module.css";

const MOST_LETTERS = 2000;

/** What somebody has to say of a trial. */
export function NotePanel({ trial }: { trial: Trial }) {
  const kept = trial.note ?? "";
  const [text, setText] = useState(kept);
  const note = useNote(trial.study, trial.number);
  return (
    <Panel title="Note">
      <form
        className={styles.form}
        onSubmit={(event) => {
          event.preventDefault();
          note.mutate(text.trim());
        }}
      >
        <textarea
          aria-label="Note"
          className={styles.text}
          rows={3}
          maxLength={MOST_LETTERS}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button type="submit" disabled={text.trim() === kept || note.isPending}>
          {text.trim() === "" && kept !== "" ? "Remove the note" : "Keep the note"}
        </Button>
        <Problem error={note.error} />
      </form>
    </Panel>
  );
}
