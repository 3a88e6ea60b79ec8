import { type FormEvent, useState } from "react";
import { ProblemError } from "../api/client";
import { useLogin } from "../api/session";
import { Button } from "./Button";
import { Field } from "./Field";
import styles from "./LoginForm.module.css";
import { Notice } from "./Notice";
import { Problem } from "./Problem";

/** Asks for the key that the server was started with. */
export function LoginForm() {
  const [key, setKey] = useState("");
  const login = useLogin();
  const isWrong = login.error instanceof ProblemError && login.error.status === 401;

  function submit(event: FormEvent) {
    event.preventDefault();
    login.mutate(key);
  }

  return (
    <Notice title="This server wants a key">
      <form onSubmit={submit} className={styles.form}>
        <Field
          label="Key"
          hint="What it was started with, as TUNER_API_KEY. This browser remembers it for 30 days."
          error={isWrong ? "is not the key of this server" : undefined}
        >
          {(ties) => (
            <input
              {...ties}
              type="password"
              autoComplete="current-password"
              // biome-ignore lint/a11y/noAutofocus: nothing else can be done here.
              autoFocus
              value={key}
              onChange={(event) => setKey(event.target.value)}
            />
          )}
        </Field>
        <Button kind="primary" type="submit" disabled={key === "" || login.isPending}>
          Enter
        </Button>
        {isWrong ? null : <Problem error={login.error} />}
      </form>
    </Notice>
  );
}
