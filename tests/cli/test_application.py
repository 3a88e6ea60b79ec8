from __future__ import annotations

import subprocess
import sys

from tests.cli.conftest import Run
from tuner import __version__


def test_version_is_printed(run: Run) -> None:
    done = run("--version")
    assert (done.returncode, done.stdout) == (0, f"tuner {__version__}\n")


def test_help_names_every_command(run: Run) -> None:
    done = run("--help")
    assert done.returncode == 0
    for command in ("serve", "worker", "fit", "studies", "leaderboard", "health", "upgrade", "demo"):
        assert command in done.stdout


def test_wrong_usage_exits_with_2(run: Run) -> None:
    assert run("leaderboard").returncode == 2
    assert run("no-such-command").returncode == 2


def test_error_is_told_with_its_hint_and_without_a_traceback(run: Run) -> None:
    done = run("studies", "--url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stdout == ""
    assert "http://127.0.0.1:1" in done.stderr
    assert "Hint: " in done.stderr
    assert "Traceback" not in done.stderr


def test_markup_in_an_error_is_shown_as_it_is(run: Run) -> None:
    done = run("studies", "--url", "http://[red]x")
    assert done.returncode == 1
    assert "[red]" in done.stderr


def test_base_install_says_what_to_install() -> None:
    script = "import sys; sys.modules['typer'] = None; from tuner.cli import main; sys.exit(main())"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 1
    assert "pip install 'tuner[local]'" in done.stderr
    assert "Traceback" not in done.stderr
