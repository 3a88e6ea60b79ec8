import { CSPProvider } from "@base-ui/react/csp-provider";
import { NavLink, Outlet } from "react-router";
import { useIsLockedOut } from "../api/session";
import { KeysDialog } from "./KeysDialog";
import { LoginForm } from "./LoginForm";
import { OfflineStrip } from "./OfflineStrip";
import styles from "./Shell.module.css";
import { SignOutButton } from "./SignOutButton";
import { ThemeSwitch } from "./ThemeSwitch";

const SECTIONS = [
  { to: "/", label: "Studies" },
  { to: "/datasets", label: "Datasets" },
  { to: "/models", label: "Models" },
  { to: "/workers", label: "Workers" },
] as const;

/** The frame around every page: where one is, and where one can go. */
export function Shell() {
  const isLockedOut = useIsLockedOut();
  return (
    // The server allows no style elements in the page.
    <CSPProvider disableStyleElements>
      <div className={styles.shell}>
        <a className={styles.skip} href="#content">
          Skip to content
        </a>
        <header className={styles.bar}>
          <NavLink to="/" className={styles.brand} aria-label="tuner, all studies">
            <img src="/favicon.svg" alt="" width={22} height={22} />
            <span className={styles.name}>tuner</span>
          </NavLink>
          <nav aria-label="Sections" className={styles.sections}>
            {SECTIONS.map((section) => (
              <NavLink
                key={section.to}
                to={section.to}
                end={section.to === "/"}
                className={({ isActive }) =>
                  isActive ? `${styles.link} ${styles.active}` : (styles.link ?? "")
                }
              >
                {section.label}
              </NavLink>
            ))}
          </nav>
          <KeysDialog />
          <ThemeSwitch />
          {isLockedOut ? null : <SignOutButton />}
        </header>
        <OfflineStrip />
        <main id="content" className={styles.content} tabIndex={-1}>
          {isLockedOut ? <LoginForm /> : <Outlet />}
        </main>
      </div>
    </CSPProvider>
  );
}
