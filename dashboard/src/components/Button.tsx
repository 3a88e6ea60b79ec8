import type { ButtonHTMLAttributes } from "react";
import styles from "./Button.module.css";

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  /** `primary` for the one thing a page is for, `danger` where something is lost, `quiet` beside others. */
  kind?: "primary" | "normal" | "quiet" | "danger";
}

/** A button, of type `button` unless a form is to be sent. */
export function Button({ kind = "normal", type = "button", className, ...rest }: ButtonProps) {
  return <button type={type} className={[styles.button, styles[kind], className].join(" ")} {...rest} />;
}
