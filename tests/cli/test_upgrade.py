from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Run
from tuner.storage import Ownership


def test_fresh_database_gets_the_schema_once(run: Run, home: Path) -> None:
    first = run("upgrade")
    assert first.returncode == 0, first.stderr
    assert "schema empty -> " in first.stdout
    assert (home / "tuner.db").exists()
    assert "already" in run("upgrade").stdout


def test_database_in_use_is_left_alone(run: Run, home: Path) -> None:
    ownership = Ownership(home / "tuner.db")
    try:
        done = run("upgrade")
    finally:
        ownership.release()
    assert done.returncode == 1
    assert "is in use" in done.stderr


def test_database_that_does_not_answer_is_told_without_its_password(run: Run) -> None:
    done = run("upgrade", "--database-url", "postgresql://anna:secret@127.0.0.1:1/tuner")
    assert done.returncode == 1
    assert "does not answer" in done.stderr
    assert "secret" not in done.stderr
    assert "Traceback" not in done.stderr


def test_other_databases_are_refused(run: Run) -> None:
    done = run("upgrade", "--database-url", "mysql://db/tuner")
    assert done.returncode == 1
    assert "postgresql://" in done.stderr
